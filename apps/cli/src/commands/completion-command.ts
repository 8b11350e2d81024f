import { Argument, type Command } from 'commander'

import { COMPLETION_SHELLS, writeCompletion, type CompletionShell } from '../completion/write-completion.ts'
import { addExamples, runCommand, type CommandContext } from '../framework/define-command.ts'

/** `completion SHELL`: a script for the shell, made from the commands as they are. */
export function addCompletionCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('completion')
    .description('print the completion script of a shell')
    .addArgument(new Argument('<shell>', 'which one').choices(COMPLETION_SHELLS))
    .action(
      runCommand(context, async (_session, shell: CompletionShell) => {
        const script = writeCompletion(program, shell)
        return Promise.resolve({ json: { shell, script }, text: script.trimEnd() })
      }),
    )
  addExamples(command, [
    ['bash: into the folder that bash-completion reads', 'redemptions completion bash > redemptions-completion.bash'],
    ['zsh: into a folder of $fpath, as _redemptions', 'redemptions completion zsh > _redemptions'],
    ['fish', 'redemptions completion fish > redemptions.fish'],
  ])
}

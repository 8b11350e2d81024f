import { toPlainText } from '@importer/contracts'
import { CommanderError, type Command } from 'commander'

/** What is wrong with the words of a command as such: its help shows how they go. */
const OF_WORDS = new Set([
  'commander.missingArgument',
  'commander.missingMandatoryOptionValue',
  'commander.optionMissingArgument',
  'commander.unknownOption',
  'commander.excessArguments',
])

/** An error as one line for a person: what was found, what was expected, and where a command's help is. `program`: null where it could not be made. */
export function describeError(error: unknown, program: Command | null, args: readonly string[]): string {
  const message = toPlainText(
    (error instanceof Error ? error.message : String(error))
      .replace(/^error: /, '')
      .replaceAll('\n', ' ')
      .trim(),
  )
  if (!(error instanceof CommanderError) || program === null) return message
  const command = findCommand(program, args)
  if (error.code === 'commander.help' || error.code === 'commander.unknownCommand') {
    const found = error.code === 'commander.help' ? 'a command is missing' : message
    return `${found}; expected ${listCommands(command)} ${nameOf(command)} --help`
  }
  if (OF_WORDS.has(error.code)) return `${message}; ${nameOf(command)} --help shows what is expected`
  return message
    .replace(/^command-argument value (.*) is invalid for argument '(.*?)'\. /, '$2 is $1; ')
    .replace(/^option '(?:-\w, )?(--[\w-]+).*?' argument (.*) is invalid\. /, '$1 is $2; ')
    .replace(/Allowed choices are (.*)\.$/, 'expected one of $1')
}

/** The command that the words lead to, or the group of commands. */
function findCommand(program: Command, args: readonly string[]): Command {
  let command = program
  for (const word of args) command = command.commands.find((one) => one.name() === word) ?? command
  return command
}

function listCommands({ commands, parent }: Command): string {
  // The program has more than a line holds.
  if (parent === null) return 'import, inspect, status, list or another of'
  const names = commands.map((command) => command.name())
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1) ?? ''} of`
}

function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`
}

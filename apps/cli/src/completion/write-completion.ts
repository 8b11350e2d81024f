import type { Command, Option } from 'commander'

export const COMPLETION_SHELLS = ['bash', 'zsh', 'fish'] as const
export type CompletionShell = (typeof COMPLETION_SHELLS)[number]

/** One command, by the words that lead to it, and what may follow. */
interface Entry {
  /** such as `keys create`; empty: the program itself */
  readonly path: string
  readonly commands: readonly Word[]
  readonly options: readonly OptionWord[]
  readonly choices: readonly string[]
}

interface Word {
  readonly text: string
  readonly description: string
}

interface OptionWord extends Word {
  readonly takesValue: boolean
  readonly values: readonly string[]
}

/** A completion script: all words are in it, so that no Tab has to start the program. */
export function writeCompletion(program: Command, shell: CompletionShell): string {
  const entries = listEntries(program, program, '')
  switch (shell) {
    case 'bash':
      return writeBash(program.name(), entries)
    case 'zsh':
      return writeZsh(program.name(), entries)
    case 'fish':
      return writeFish(program.name(), entries)
  }
}

function listEntries(program: Command, command: Command, path: string): Entry[] {
  const options = command === program ? command.options : [...command.options, ...program.options]
  const entry: Entry = {
    path,
    commands: command.commands.map((sub) => ({ text: sub.name(), description: sub.description() })),
    options: [
      ...options.map(describeOption),
      { text: '--help', description: 'display help for command', takesValue: false, values: [] },
    ],
    choices: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
  }
  return [entry, ...command.commands.flatMap((sub) => listEntries(program, sub, `${path} ${sub.name()}`.trim()))]
}

function describeOption({ long, short, description, required, optional, argChoices }: Option): OptionWord {
  return {
    text: long ?? short ?? '',
    description,
    takesValue: required || optional,
    values: argChoices ?? [],
  }
}

/** Words of a command, in one line; those of options with a closed list of values by `path --option`. */
function writeBash(name: string, entries: readonly Entry[]): string {
  return `# bash completion of ${name}
_${name}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" path='' index
${indent(findPath('COMP_WORDS', 'COMP_CWORD', entries, 'bash'), 2)}
  case "$path $before" in
${valueCases(entries)}
  esac
  case "$path" in
${wordCases(entries)}
  esac
}
complete -o default -F _${name} ${name}
`

  function valueCases(all: readonly Entry[]): string {
    return all
      .flatMap(({ path, options }) =>
        options
          .filter(({ takesValue }) => takesValue)
          .map(({ text, values }) =>
            values.length === 0
              ? `    '${path} ${text}') COMPREPLY=(); return ;;`
              : `    '${path} ${text}') COMPREPLY=($(compgen -W ${quote(values.join(' '))} -- "$current")); return ;;`,
          ),
      )
      .join('\n')
  }

  function wordCases(all: readonly Entry[]): string {
    return all
      .map(({ path, commands, options, choices }) => {
        const first = [...commands.map(({ text }) => text), ...choices].join(' ')
        const flags = options.map(({ text }) => text).join(' ')
        return `    '${path}') if [[ "$current" == -* ]]; then COMPREPLY=($(compgen -W ${quote(flags)} -- "$current")); else COMPREPLY=($(compgen -W ${quote(first)} -- "$current")); fi ;;`
      })
      .join('\n')
  }
}

function writeZsh(name: string, entries: readonly Entry[]): string {
  const cases = entries
    .map(({ path, commands, options, choices }) => {
      const words = [...commands, ...choices.map((text) => ({ text, description: '' }))]
      return `    '${path}')
      options=(${options.map(describeForZsh).join(' ')})
      subcommands=(${words.map(describeForZsh).join(' ')}) ;;`
    })
    .join('\n')
  const values = entries
    .flatMap(({ path, options }) =>
      options
        .filter(({ takesValue }) => takesValue)
        .map(({ text, values: known }) =>
          known.length === 0
            ? `    '${path} ${text}') _files; return ;;`
            : `    '${path} ${text}') compadd -- ${known.map(quote).join(' ')}; return ;;`,
        ),
    )
    .join('\n')
  return `#compdef ${name}
_${name}() {
  local path_='' index
  local -a options subcommands
${indent(findPath('words', 'CURRENT', entries, 'zsh'), 2)}
  case "$path_ \${words[CURRENT-1]}" in
${values}
  esac
  case "$path_" in
${cases}
  esac
  if [[ "\${words[CURRENT]}" == -* ]]; then _describe 'option' options
  elif (( \${#subcommands} )); then _describe 'command' subcommands
  else _files
  fi
}
if [[ "\${funcstack[1]}" == "_${name}" ]]; then _${name} "$@"
else compdef _${name} ${name}
fi
`
}

/** Shell code that follows the words before the cursor as far as they name commands. */
function findPath(words: string, cursor: string, entries: readonly Entry[], shell: 'bash' | 'zsh'): string {
  const paths = entries.map(({ path }) => path).filter((path) => path !== '')
  // zsh ties a variable of the name path to the search path.
  const variable = shell === 'zsh' ? 'path_' : 'path'
  const first = shell === 'zsh' ? 2 : 1
  return `for ((index = ${first}; index < ${cursor}; index += 1)); do
  case "$${variable} \${${words}[index]}" in
${paths.map((path) => `    '${path.includes(' ') ? path : ` ${path}`}') ${variable}='${path}' ;;`).join('\n')}
  esac
done`
}

function writeFish(name: string, entries: readonly Entry[]): string {
  const lines = [`# fish completion of ${name}`, `complete -c ${name} -f -n __fish_use_subcommand`]
  for (const { path, commands, options, choices } of entries) {
    const [first = '', second] = path.split(' ')
    const siblings = commands.map(({ text }) => text).join(' ')
    const condition =
      path === ''
        ? '__fish_use_subcommand'
        : second === undefined
          ? `__fish_seen_subcommand_from ${first}${siblings === '' ? '' : `; and not __fish_seen_subcommand_from ${siblings}`}`
          : `__fish_seen_subcommand_from ${first}; and __fish_seen_subcommand_from ${second}`
    const begin = `complete -c ${name} -n ${quote(condition)}`
    for (const { text, description } of commands) lines.push(`${begin} -f -a ${quote(text)} -d ${quote(description)}`)
    if (choices.length > 0) lines.push(`${begin} -f -a ${quote(choices.join(' '))}`)
    for (const { text, description, takesValue, values } of options) {
      const value = values.length > 0 ? ` -x -a ${quote(values.join(' '))}` : takesValue ? ' -r' : ''
      lines.push(`${begin} -l ${text.replace(/^-+/, '')}${value} -d ${quote(description)}`)
    }
  }
  return `${lines.join('\n')}\n`
}

function describeForZsh({ text, description }: Word): string {
  return quote(description === '' ? text : `${text}:${description}`)
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

function indent(text: string, spaces: number): string {
  return text.replaceAll(/^(?=.)/gm, ' '.repeat(spaces))
}

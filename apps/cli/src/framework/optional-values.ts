/** Options whose value may be left out, and what a value of theirs looks like. */
const VALUES: Readonly<Record<string, RegExp>> = {
  '--wait': /^\d+(?:\.\d+)?(?:ms|s|m|h|d)?$/,
  '--group': /^(?:code|value)$/,
}

/**
 * Puts an option without its value behind the arguments: in `import --wait file.csv` the file is no duration, and the
 * parser would take whatever follows.
 */
export function settleOptionalValues(args: readonly string[]): string[] {
  const end = args.indexOf('--')
  const [options, operands] = end === -1 ? [args, []] : [args.slice(0, end), args.slice(end)]
  const isAlone = (arg: string, index: number): boolean => {
    const value = VALUES[arg]
    return value !== undefined && !value.test(options[index + 1] ?? '')
  }
  return [...options.filter((arg, i) => !isAlone(arg, i)), ...options.filter((arg, i) => isAlone(arg, i)), ...operands]
}

/**
 * Words that only this project used in their sense, and the standard terms that took their place (the glossary of
 * ARCHITECTURE.md). A pattern is as narrow as it must be to leave ordinary English alone: of "ask", "say", "tell",
 * "hand", "place", "room", "owe" and "turn" only names of functions, variables and constants, and fixed phrases.
 */
const OLD_WORDS = [
  [/(?<![A-Za-z])lever(?!age)|Lever|LEVER/, 'action'],
  [/(?<![a-z])lanes?(?![a-z])|Lanes?(?![a-z])|LANES?(?![A-Z])/, 'partition'],
  [/(?<![a-z])leases?(?![a-z])|Leases?(?![a-z])|LEASE/, 'fencing token'],
  [/judg/i, 'evaluate, check or strategy'],
  [/sweep/i, 'reconciler (for jobs) or janitor (for files)'],
  [/patien/i, 'timeout'],
  [/(?<![a-z])told(?![a-z])|Told(?![a-z])|TOLD/, 'report, notify or signal'],
  [
    /\b(?:its|their|this) turns?\b(?! of the event loop)|\btakes? turns\b|\bTurns\b(?! )|(?:by|whose) turns?\b|[a-z]Turns?\b/,
    'time slice, or alternately',
  ],
  [
    /\b(?:ask|say|tell)[A-Z]|[a-z](?:Asked|Asking|Said|Telling)\b|(?<![.\w])(?:ask|say|tell)\(|\b(?:ASK|SAY|TELL)_/,
    'request, query, print or notify',
  ],
  [/\bhand(?:On|Over|edOn)|[a-z]InHand\b|\binHand\b|HAND_ON/, 'yield, or in flight'],
  [/[a-z]Places?\b|\bPLACE_/, 'position, slot or location'],
  [/[a-z]Room(?![a-z])|_ROOM\b|ROOM_|\b(?:AS|\w\.)\s?room\b|\broom (?:IS|<=)/, 'slot, capacity, remaining or package'],
  [/\basked(?:\.\w|,? \{| = | AS\b)|\basked: [A-Z]|\.\.\.asked\b/, 'requested'],
  [/verdict/i, 'decision, evaluation or outcome'],
  [/\bowed?\(|\bowed[,)]|\bOwed\b/, 'create or pending'],
  [/birth(?!time)/i, 'start'],
  [/roundAttempt|round_attempt/, 'failedAttempts'],
  [/\bswept\b/, 'removed by the janitor'],
  [/who asks\b|(?:key|organization|role) that asks/i, 'who sent the request'],
  [/lastWords|LastWords|last-words/, 'last message'],
]

/** Columns and tables keep their SQL names: a running older version lives with the schema of a newer one. */
const SQL_NAMES =
  /\bimport_lane\b|\blane_count\b|\bround_attempts\b|(?<![\w-])(?:[il]\.|excluded\.)?(?:lane|lease)(?=,|\)| [=+] | AS |"\)|`|'|$)/g

/** Where an old word stands for a reason: which files, and which text of a line is left out of account (all, if none). */
const EXCEPTIONS = [
  { files: /^prisma\/migrations\// },
  { files: /^(?:pnpm-lock\.yaml|LICENSE)$/ },
  { files: /^scripts\/old-words\.mjs$|^tests\/check-script\.test\.ts$/ },
  {
    files: /^(?:packages\/db\/src\/(?:imports|migrate|row-security|sql|webhooks)\/|prisma\/schema\.prisma$)/,
    text: SQL_NAMES,
  },
  { files: /^(?:bench\/src|tests)\/|^apps\/intake\/src\/.*\.test\.ts$/, text: SQL_NAMES },
  // The variable's name before, read for one version more.
  { files: /./, text: /\bIMPORT_LANES\b/g },
  // The suite's name before, accepted still.
  { files: /^bench\/(?:src\/options|test\/bench\.test)\.ts$/, text: /\blevers\b/g },
]

/**
 * The old words in a repository's texts and file names, one line each.
 * @param {ReadonlyMap<string, string>} files relative path → content
 */
export function findOldWords(files) {
  return [...files].flatMap(([file, text]) => {
    const exceptions = EXCEPTIONS.filter((exception) => exception.files.test(file))
    if (exceptions.some((exception) => exception.text === undefined)) return []
    const lines = [file, ...text.split('\n')]
    return lines.flatMap((line, index) => {
      const rest = exceptions.reduce((left, exception) => left.replaceAll(exception.text, ''), line)
      return OLD_WORDS.flatMap(([pattern, instead]) => {
        const found = pattern.exec(rest)
        if (found === null) return []
        const where = index === 0 ? `${file} (its name)` : `${file}:${index}`
        return [`${where}: "${found[0]}"; write ${instead}: ${line.trim().slice(0, 120)}`]
      })
    })
  })
}

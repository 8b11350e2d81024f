import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

import { decode, encode, type SourceMapSegment } from '@jridgewell/sourcemap-codec'
import { build, type Plugin } from 'esbuild'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const PROGRAMS = ['intake', 'worker'] as const
type BundledProgram = (typeof PROGRAMS)[number]

/** Where everything that may end up in a bundle comes from, or is decided. */
const SOURCE_FOLDERS = ['packages', ...PROGRAMS.map((program) => `apps/${program}/src`)]
const DECIDING_FILES = [
  'pnpm-lock.yaml',
  'pnpm-workspace.yaml',
  'prisma/schema.prisma',
  relative(ROOT, fileURLToPath(import.meta.url)),
]
/** What only some starts need, and how a program in its folder names the file that it is kept in: {@link keepApart}. */
const TRACING = { source: 'packages/runtime/src/tracing/open-telemetry.ts', from: '../../tracing.mjs' }
const UNUSED_AFTER_MS = 7 * 24 * 3_600_000

/** Packages that are CommonJS ask for Node's modules by `require`, which a module does not have. */
const BANNER = `import { createRequire as createRequireOfBundle } from 'node:module'
const require = createRequireOfBundle(import.meta.url)`

/**
 * Makes one file of each program that is kept running, and gives their paths: loading a thousand modules one by one takes
 * seconds of processor time, in which a program that was killed does not serve. A third file has what both load on demand.
 * Does nothing when that was done of the same sources before. They lie in the checkout, for every data folder, or below `dataDir` where that cannot be written.
 */
export async function bundlePrograms(dataDir: string): Promise<Readonly<Record<BundledProgram, string>>> {
  const home = join(isWritable(join(ROOT, 'node_modules')) ? join(ROOT, 'node_modules') : dataDir, '.programs')
  const folder = join(home, hashSources())
  if (!fs.existsSync(folder)) {
    fs.mkdirSync(home, { recursive: true })
    await buildInto(folder, fs.mkdtempSync(join(home, 'new-')))
    removeUnused(home)
  }
  fs.utimesSync(folder, new Date(), new Date())
  const locate = (program: BundledProgram): string => join(folder, 'apps', program, 'main.mjs')
  return { intake: locate('intake'), worker: locate('worker') }
}

/** A folder that is there is whole: it gets its name last. */
async function buildInto(folder: string, unfinished: string): Promise<void> {
  try {
    const programs = PROGRAMS.map((program) => [`apps/${program}/main`, `apps/${program}/src/main.ts`] as const)
    const entryPoints = [...programs, ['tracing', TRACING.source] as const]
    await build({
      entryPoints: Object.fromEntries(entryPoints.map(([name, source]) => [name, join(ROOT, source)])),
      outdir: unfinished,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      // BullMQ compares and the log writes names of error classes. Where two packages use one name, esbuild renames one class.
      keepNames: true,
      // A program's text stays in its memory for as long as it runs.
      minifyWhitespace: true,
      legalComments: 'none',
      banner: { js: BANNER },
      logLevel: 'silent',
      sourcemap: 'linked',
      sourcesContent: false,
      plugins: [keepLocations, keepApart],
    })
    for (const [name] of entryPoints) {
      const file = join(unfinished, `${name}.mjs`)
      const text = fs.readFileSync(file, 'utf8')
      fs.writeFileSync(file, escapeText(dropSettingOfNames(text)))
      keepOwnLocations(`${file}.map`, text)
    }
    fs.renameSync(unfinished, folder)
  } catch (error) {
    fs.rmSync(unfinished, { recursive: true, force: true })
    // Another start was quicker.
    if (!fs.existsSync(folder)) throw error
  }
}

/** Our own modules find files beside themselves: each goes on saying where it stands in the checkout. */
const keepLocations: Plugin = {
  name: 'keep-locations',
  setup(bundler) {
    bundler.onLoad({ filter: /[\\/](?:apps|packages)[\\/][^\\/]+[\\/]src[\\/].*\.ts$/ }, ({ path }) => {
      const contents = fs
        .readFileSync(path, 'utf8')
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href))
        .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)))
      return { contents, loader: 'ts' }
    })
  },
}

/** Tracing is loaded by those starts alone that want it: it is a file of its own, whose text the others do not hold. */
const keepApart: Plugin = {
  name: 'keep-apart',
  setup(bundler) {
    bundler.onResolve({ filter: /\/open-telemetry\.ts$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: TRACING.from, external: true } : undefined,
    )
  },
}

/**
 * Blanks what sets the name of a function to the name that it has: esbuild puts that behind each declaration, and a function
 * inside of another is declared at each call: 7 % of a poll's processor time. A declaration that was renamed keeps it.
 */
function dropSettingOfNames(text: string): string {
  return text.replaceAll(/(?<=[;{}])__name\((\w+),"\1"\)(?=[;}])/g, (call) => ' '.repeat(call.length))
}

const BEYOND_ASCII = /[^\0-\x7f]/g
const ESCAPE_LENGTH = String.raw`\uFFFF`.length

/**
 * What esbuild leaves as it is, in regular expressions, as the escapes that mean the same: V8 keeps a text with a single
 * character beyond Latin-1 in two bytes for each, here 10 MB more.
 */
function escapeText(text: string): string {
  return text.replaceAll(BEYOND_ASCII, (unit) => String.raw`\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/**
 * Leaves in the map of a bundle where lines of our own sources begin: so a stack names them, and the other hundred
 * thousands of places cost no memory, nor time when Node reads the map: a program that serves does that for its first
 * error, 130 ms of one turn of the event loop with all of them, 20 ms without. `text` is the bundle before what is beyond ASCII was escaped.
 */
function keepOwnLocations(file: string, text: string): void {
  const map = JSON.parse(fs.readFileSync(file, 'utf8')) as { sources: string[]; mappings: string }
  const isOwn = map.sources.map((source) => !source.includes('node_modules/'))
  const lines = text.split('\n')
  const places = decode(map.mappings).map((line, number) => {
    const escaped = Array.from((lines[number] ?? '').matchAll(BEYOND_ASCII), ({ index }) => index)
    const kept: SourceMapSegment[] = []
    let escapes = 0
    let before: SourceMapSegment = [0]
    for (const place of line) {
      while ((escaped[escapes] ?? Infinity) < place[0]) escapes += 1
      const isSameLine = place[1] === before[1] && place[2] === before[2]
      before = place
      if (isSameLine || place.length === 1 || isOwn[place[1]] !== true) continue
      // Without the fifth figure, which is a name's.
      kept.push([place[0] + escapes * (ESCAPE_LENGTH - 1), place[1], place[2], place[3]])
    }
    return kept
  })
  const sources = map.sources.map((source, index) => (isOwn[index] === true ? source : ''))
  fs.writeFileSync(file, JSON.stringify({ version: 3, names: [], sources, mappings: encode(places) }))
}

/** Bundles of other sources stay for as long as a program that runs may need them again. */
function removeUnused(home: string): void {
  for (const name of fs.readdirSync(home)) {
    const folder = join(home, name)
    const age = Date.now() - (fs.statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
    if (age > UNUSED_AFTER_MS) fs.rmSync(folder, { recursive: true, force: true })
  }
}

function isWritable(folder: string): boolean {
  try {
    fs.accessSync(folder, fs.constants.W_OK)
    return true
  } catch {
    return false
  }
}

function hashSources(): string {
  const hash = createHash('sha256').update(ROOT).update(process.version)
  const files = SOURCE_FOLDERS.flatMap(listFiles).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  for (const file of [...files, ...DECIDING_FILES]) {
    hash.update(`\0${file}\0`).update(fs.readFileSync(join(ROOT, file)))
  }
  return hash.digest('hex').slice(0, 16)
}

function listFiles(folder: string): string[] {
  return fs
    .readdirSync(join(ROOT, folder), { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      if (entry.name === 'node_modules') return []
      const path = `${folder}/${entry.name}`
      return entry.isDirectory() ? listFiles(path) : [path]
    })
}

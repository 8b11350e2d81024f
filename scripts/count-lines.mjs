/**
 * Lines of code by package: product, and tests with all that only they use. `npm run count:lines` counts what is committed,
 * `npm run count:lines -- BEFORE` compares it with an earlier commit.
 */
import { execFileSync } from 'node:child_process'

const CODE = ['ts', 'tsx', 'mjs', 'css', 'sql', 'prisma'].map((extension) => `*.${extension}`)
const OF_TESTS = /\.(?:test|fixture)\.tsx?$|(?:^|\/)(?:tests?|testing)\/|^vitest\./

const [before] = process.argv.slice(2)
const now = countLines('HEAD')
const then = before === undefined ? undefined : countLines(before)

const packages = new Set([...now.keys(), ...(then?.keys() ?? [])])
packages.delete('all')
const names = [...[...packages].toSorted(), 'all']
const cells = names.map((name) => [name, show(name, 'product'), show(name, 'tests')])
const rows = [['package', 'product', 'tests'], ['---', '---:', '---:'], ...cells]
console.log(rows.map((row) => `| ${row.join(' | ')} |`).join('\n'))

/** @returns {Map<string, {product: number, tests: number}>} by package, `all` among them */
function countLines(commit) {
  const counts = new Map([['all', { product: 0, tests: 0 }]])
  const counted = execFileSync('git', ['grep', '-c', '', commit, '--', ...CODE], { encoding: 'utf8' })
  for (const line of counted.trimEnd().split('\n')) {
    const [, file = '', lines] = line.split(':')
    const folders = file.split('/').slice(0, -1)
    const name = folders.slice(0, /^(?:apps|packages)$/.test(folders[0] ?? '') ? 2 : 1).join('/') || 'the root'
    const count = counts.get(name) ?? { product: 0, tests: 0 }
    const kind = OF_TESTS.test(file) ? 'tests' : 'product'
    for (const one of [counts.set(name, count).get(name), counts.get('all')]) one[kind] += Number(lines)
  }
  return counts
}

function show(name, kind) {
  const is = now.get(name)?.[kind] ?? 0
  if (then === undefined) return String(is)
  const was = then.get(name)?.[kind] ?? 0
  return is === was ? String(is) : `${was} → ${is}`
}

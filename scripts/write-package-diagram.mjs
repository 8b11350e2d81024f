/** Writes the picture of who imports whom into ARCHITECTURE.md, from the manifests of the packages; `--check`: only tells
 * by its exit code whether the picture is that of today. */
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const PAGE = path.join(ROOT, 'ARCHITECTURE.md')
const SCOPE = '@importer/'
const BLOCK = /(?<=<!-- who imports whom -->\n).*?(?=\n<!-- end -->)/s

/** An arrow stands for every import that no way over other arrows stands for. */
function drawPackages() {
  const imports = readImports()
  const arrows = [...imports].flatMap(([name, direct]) =>
    direct
      .filter((other) => !direct.some((way) => reaches(imports, way, other)))
      .map((other) => `  ${name} --> ${other}`),
  )
  return ['```mermaid', 'flowchart TD', ...arrows.toSorted(), '```'].join('\n')
}

/** By name what each imports, apart from test helpers. */
function readImports() {
  const folders = ['apps', 'packages'].flatMap((home) =>
    fs.readdirSync(path.join(ROOT, home)).map((name) => path.join(ROOT, home, name)),
  )
  return new Map(
    folders.map((folder) => {
      const { dependencies = {} } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'))
      const names = Object.keys(dependencies).filter((name) => name.startsWith(SCOPE))
      return [path.basename(folder), names.map((name) => name.slice(SCOPE.length))]
    }),
  )
}

function reaches(imports, from, to) {
  return (imports.get(from) ?? []).some((next) => next === to || reaches(imports, next, to))
}

const page = fs.readFileSync(PAGE, 'utf8')
const drawn = page.replace(BLOCK, () => drawPackages())
if (process.argv.includes('--check')) process.exitCode = drawn === page ? 0 : 1
else fs.writeFileSync(PAGE, drawn)

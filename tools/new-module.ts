/** `npm run new:module <module> <table>`: copies the compiled template under new names and puts it into the registry. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { argv, exit } from 'node:process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const usage = 'usage: npm run new:module <module> <table>, for example: npm run new:module aws_sns topic'

/** What was asked for cannot be made; the message is one line for the one who asked. */
class Refusal extends Error {}

/** `dead_letter` → `deadLetter` */
const variableOf = (name: string): string =>
  name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

const byCodePoint = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Imports are sorted by what they import from. */
function withImport(registry: string, line: string): string {
  const pathOf = (text: string) => /from '(.*)'/.exec(text)?.[1] ?? ''
  const imports = registry.split('\n').filter((text) => text.startsWith('import '))
  const sorted = [...imports, line].sort((a, b) => byCodePoint(pathOf(a), pathOf(b)))
  return registry.replace(imports.join('\n'), sorted.join('\n'))
}

/** The registry with the import and the list entry of one more module. */
export function registerModule(registry: string, name: string): string {
  const variable = variableOf(name)
  return withImport(registry, `import { ${variable} } from './${name}/module.ts'`).replace(
    /(export const modules[^[]*\[\] = \[)([^\]]*)\]/,
    (_, start: string, list: string) => {
      const listed = [...list.split(',').map((entry) => entry.trim()), variable].filter(Boolean)
      const line = `${start}${listed.join(', ')}]`
      return line.length <= 110 ? line : `${start}\n${listed.map((entry) => `  ${entry},\n`).join('')}]`
    },
  )
}

/** The text of a template file for this module and table; in prose a table is written with spaces. */
export function renameTemplate(text: string, module: string, table: string): string {
  const variable = variableOf(table)
  const words = table.replaceAll('_', ' ')
  return text
    .replaceAll('templateModule', variableOf(module))
    .replaceAll("name: 'template'", `name: '${module}'`)
    .replaceAll("name: 'thing'", `name: '${table}'`)
    .replaceAll('count_things', `count_${table}s`)
    .replaceAll('countThings', `count${capitalized(variable)}s`)
    .replaceAll('thingExamples', `${variable}Examples`)
    .replace(/(?<=\.\/)(count-)?thing/g, (_, count = '') => `${count}${table.replaceAll('_', '-')}`)
    .replace(/\b(a|the|one) thing\b/gi, (_, article: string) => `${article} ${words}`)
    .replace(/(?<= )things\b/g, `${words}s`)
    .replace(/\bThings\b/g, `${capitalized(words)}s`)
    .replace(/\bthing\b/g, variable)
}

function refuseImpossible(folder: string, module: string, table: string): void {
  for (const [kind, name, like] of [
    ['module', module, 'aws_sns'],
    ['table', table, 'topic'],
  ] as const)
    if (!/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(name))
      throw new Refusal(`"${name}" is no ${kind} name: lower case and underscores, like ${like}`)
  if (module === 'kit') throw new Refusal('modules/kit is what modules are made of; take another name')
  if (existsSync(join(folder, 'modules', module)))
    throw new Refusal(`modules/${module} exists; add a file to it instead`)
  if (existsSync(join(folder, 'test/modules/checks', `${table}.ts`)))
    throw new Refusal(`another module has a table ${table}, and table names are unique over all modules`)
}

/** Makes `modules/<module>` and the table's check under `folder`, registers the module, and gives the files it wrote. */
export async function newModule(folder: string, module: string, table: string): Promise<readonly string[]> {
  refuseImpossible(folder, module, table)
  const template = join(folder, 'modules/_template')
  const named = (file: string) => file.replace('thing', table.replaceAll('_', '-'))
  const copies = (await readdir(template)).map(
    (file) => [join(template, file), join(folder, 'modules', module, named(file))] as const,
  )
  const checks = join(folder, 'test/modules/checks')
  const written: string[] = []
  await mkdir(join(folder, 'modules', module))
  for (const [from, to] of [
    ...copies,
    [join(checks, '_template.ts'), join(checks, `${table}.ts`)] as const,
  ]) {
    await writeFile(to, renameTemplate(await readFile(from, 'utf8'), module, table))
    written.push(to)
  }
  const registry = join(folder, 'modules/registry.ts')
  await writeFile(registry, registerModule(await readFile(registry, 'utf8'), module))
  return [...written, registry]
}

/** Long names break lines elsewhere than the template's. */
function format(files: readonly string[]): void {
  const biome = join(dirname(fileURLToPath(import.meta.resolve('@biomejs/biome/package.json'))), 'bin/biome')
  spawnSync(process.execPath, [biome, 'check', '--write', ...files], { cwd: root, stdio: 'ignore' })
}

const next = (module: string, table: string, files: readonly string[]): string => {
  const service = module.replace(/^aws_/, '').replaceAll('_', '-')
  return `wrote ${files.map((file) => relative(root, file)).join(', ')}
It works as it is, with EC2 key pairs in place of your ${table.replaceAll('_', ' ')}. Next (CONTRIBUTING, "Add a table"):
  npm i @aws-sdk/client-${service}    # the SDK client of the service, unless package.json has it; mind how AWS spells it
  edit the columns, the mapper, the examples and the check; delete the count function if there is none
  npm run format
  npm run conform ${module}
  npx vitest run --project integration mapper-examples -t ${table}
  npm run docs`
}

async function main([module, table, ...others]: readonly string[]): Promise<number> {
  try {
    if (module === undefined || table === undefined || others.length > 0 || module.startsWith('-'))
      throw new Refusal(usage)
    const files = await newModule(root, module, table)
    format(files)
    console.log(next(module, table, files))
    return 0
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    console.error(error.message)
    return 64
  }
}

if (import.meta.main) exit(await main(argv.slice(2)))

/** `npm run new:module aws_name`: copies the compiled template under a new name and puts it into the registry. */
import { cp, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { argv, exit } from 'node:process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** `aws_sqs` → `awsSqs` */
const variableOf = (name: string): string =>
  name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())

/** The registry with the import and the list entry of one more module. */
export function registerModule(registry: string, name: string): string {
  const variable = variableOf(name)
  return registry
    .replace('import type {', `import { ${variable} } from './${name}/module.ts'\nimport type {`)
    .replace(
      /(export const modules[^[]*\[\] = \[)([^\]]*)\]/,
      (_, start: string, list: string) => `${start}${list.trim() ? `${list}, ${variable}` : variable}]`,
    )
}

/** The text of a template file for a module of this name. */
export const renameTemplate = (text: string, name: string): string =>
  text.replaceAll('templateModule', variableOf(name)).replaceAll("name: 'template'", `name: '${name}'`)

/** Makes `modules/<name>` under `folder` and registers it; refuses a name that is taken or no SQL name. */
export async function newModule(folder: string, name: string): Promise<string> {
  if (!/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(name))
    throw new Error(`"${name}" is no module name; like aws_sqs, please`)
  const target = join(folder, 'modules', name)
  await cp(join(folder, 'modules', '_template'), target, {
    recursive: true,
    errorOnExist: true,
    force: false,
  })
  for (const file of await readdir(target)) {
    const path = join(target, file)
    await writeFile(path, renameTemplate(await readFile(path, 'utf8'), name))
  }
  const registry = join(folder, 'modules', 'registry.ts')
  await writeFile(registry, registerModule(await readFile(registry, 'utf8'), name))
  return target
}

async function main(name: string | undefined): Promise<number> {
  if (name === undefined) {
    console.error('usage: npm run new:module <name>, for example aws_sns')
    return 64
  }
  const target = await newModule(root, name)
  console.log(
    `made ${target}; fill in its columns and mapper, then: npm run format && npm run conform ${name}`,
  )
  return 0
}

if (import.meta.main) exit(await main(argv[2]))

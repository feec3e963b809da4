/** Writes docs/modules/*.md from columns, examples and functions: `npm run docs`. */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { modules } from '#modules/registry.ts'
import { modulePage } from './module-docs/page.ts'

const folder = new URL('../docs/modules/', import.meta.url)

const index = (): string =>
  [
    '# Modules',
    '',
    '| module | tables | functions |',
    '|---|---|---|',
    ...modules.map(({ name, tables, rpc }) => {
      const links = (names: readonly string[]) =>
        names.map((each) => `[${each}](${name}.md#${each})`).join(', ')
      return `| [${name}](${name}.md) | ${links(tables.map((table) => table.name))} | ${links(rpc.map((each) => each.name))} |`
    }),
    '',
  ].join('\n')

/** The text of every page by its file name. */
export const moduleDocs = (): ReadonlyMap<string, string> =>
  new Map([
    ['README.md', index()],
    ...modules.map((module) => [`${module.name}.md`, modulePage(module)] as const),
  ])

if (import.meta.main) {
  const pages = moduleDocs()
  await mkdir(folder, { recursive: true })
  for (const name of await readdir(folder)) if (!pages.has(name)) await rm(new URL(name, folder))
  for (const [name, text] of pages) await writeFile(new URL(name, folder), text)
}

/** Names that a map of attributes takes: no type has them, but the comments that come with the SDK list them. */
import { globSync, readFileSync } from 'node:fs'

const sources = new Map<string, string>()

function typesOf(client: string): string {
  const known = sources.get(client)
  if (known !== undefined) return known
  const files = globSync(`node_modules/${client}/dist-types/models/*.d.ts`)
  const text = files.map((path) => readFileSync(path, 'utf8')).join('\n')
  sources.set(client, text)
  return text
}

const item = /<ul>|<\/ul>|<li>|<p>\s*<code>([\w.]+)<\/code>\s*[–—-]/g

/** Of the list in the comment on a member of an interface: what is listed below a name are its values. */
export function documentedNames(
  client: string,
  { shape, member }: { shape: string; member: string },
): string[] {
  const body = typesOf(client).split(`export interface ${shape} {`)[1]?.split('\n}')[0] ?? ''
  const [before = ''] = body.split(new RegExp(`\\n    ${member}\\??:`))
  const comment = (before.split('/**').at(-1) ?? '').replace(/^\s*\*/gm, '')
  const found: string[] = []
  const isNamed: boolean[] = []
  for (const [token, name] of comment.matchAll(item)) {
    if (token === '<ul>') isNamed.push(false)
    else if (token === '</ul>') isNamed.pop()
    else if (name === undefined) isNamed[isNamed.length - 1] = false
    else if (!isNamed.slice(0, -1).includes(true)) {
      found.push(name)
      isNamed[isNamed.length - 1] = true
    }
  }
  return [...new Set(found)]
}

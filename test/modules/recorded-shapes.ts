/** What holds a table that the emulator lacks: unit tests that give its mapper answers in the shapes of AWS. */
import { globSync, readFileSync } from 'node:fs'
import type { ResourceType } from '#modules/kit/table.ts'

export const unitTests = (): readonly string[] =>
  globSync('test/unit/modules-*.test.ts').map((path) => readFileSync(path, 'utf8'))

/**
 * What of a test file is about the table: all of it when it takes no other mapper, else the parts that take its mapper by its
 * name or by what the heading calls it, and those that take none where the heading takes its alone. Another's answer to an
 * operation of the same name proves nothing.
 */
export function textAbout(table: string, source: string): string {
  const named = (text: string): ReadonlySet<string> =>
    new Set([...text.matchAll(/mapperOf\('(\w+)'\)/g)].map(([, name = '']) => name))
  if (!named(source).has(table)) return ''
  if (named(source).size === 1) return source
  const [heading = '', ...parts] = source.split(/^(?=(?:test|describe)(?:\.\w+)?\()/m)
  const called = new RegExp(`const (\\w+) = mapperOf\\('${table}'\\)`).exec(heading)?.[1]
  const takes = (text: string): boolean =>
    named(text).has(table) || (called !== undefined && new RegExp(`\\b${called}\\b`).test(text))
  const isHeading = named(heading).has(table) && named(heading).size === 1
  const about = parts.filter((text) => takes(text) || (isHeading && named(text).size === 0))
  return [...(isHeading ? [heading] : []), ...about].join('\n')
}

/**
 * What is missing: a unit test that mocks the SDK and takes `mapperOf('<table>')`, and, where none of the table's
 * examples run on the emulator, in such a test the command of every operation that the mapper declares.
 */
export function shapesMissing(
  { name, mapper }: ResourceType,
  sources: readonly string[],
  isNeverEmulated: boolean,
): readonly string[] {
  const shapes = sources
    .filter((source) => source.includes("from 'aws-sdk-client-mock'"))
    .map((source) => textAbout(name, source))
    .filter((text) => text !== '')
  if (shapes.length === 0) return [`a test/unit/modules-*.test.ts that mocks the SDK for mapperOf('${name}')`]
  if (!isNeverEmulated) return []
  const commands = (mapper?.operations ?? []).map((operation) => `${operation}Command`)
  return commands.filter((command) => !shapes.some((source) => new RegExp(`\\b${command}\\b`).test(source)))
}

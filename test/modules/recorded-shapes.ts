/** What holds a table that the emulator lacks: unit tests that give its mapper answers in the shapes of AWS. */
import { globSync, readFileSync } from 'node:fs'
import type { ResourceType } from '#modules/kit/table.ts'

export const unitTests = (): readonly string[] =>
  globSync('test/unit/modules-*.test.ts').map((path) => readFileSync(path, 'utf8'))

/**
 * What is missing: a unit test that mocks the SDK and takes `mapperOf('<table>')`, and, where none of the table's
 * examples run on the emulator, in such a test the command of every operation that the mapper declares.
 */
export function shapesMissing(
  { name, mapper }: ResourceType,
  sources: readonly string[],
  isNeverEmulated: boolean,
): readonly string[] {
  const shapes = sources.filter(
    (source) => source.includes("from 'aws-sdk-client-mock'") && source.includes(`mapperOf('${name}')`),
  )
  if (shapes.length === 0) return [`a test/unit/modules-*.test.ts that mocks the SDK for mapperOf('${name}')`]
  if (!isNeverEmulated) return []
  const commands = (mapper?.operations ?? []).map((operation) => `${operation}Command`)
  return commands.filter((command) => !shapes.some((source) => new RegExp(`\\b${command}\\b`).test(source)))
}

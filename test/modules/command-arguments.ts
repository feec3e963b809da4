/** What an SDK says that its commands take, and what of it the calls of a module never say. */
import { globSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { LeftOut, Module } from '#modules/kit/module.ts'
import { documentedNames } from './documented-names.ts'
import { readSources, wordsIn } from './syntax.ts'
import { argumentsWritten, type Written } from './written-arguments.ts'

const require = createRequire(import.meta.url)

/** `[3, 'com.amazonaws.sqs', 'CreateQueueRequest', traits, ['QueueName', …], [schema, …]]`; a member's may come with traits. */
type Schema = number | readonly unknown[] | (() => Schema)

interface Shape {
  readonly name: string
  /** Of a structure; none of a map. */
  readonly members: Readonly<Record<string, Schema>>
  readonly isMap: boolean
}

/** Of a structure, a list of structures or a map. */
function shapeOf(schema: Schema): Shape | undefined {
  if (typeof schema === 'function') return shapeOf(schema())
  if (typeof schema === 'number')
    return (schema & 128) === 128 ? { name: '', members: {}, isMap: true } : undefined
  const [kind, namespace, name, , first, second] = schema
  if (typeof namespace !== 'string') return shapeOf(kind as Schema)
  if (kind === 1) return shapeOf(first as Schema)
  if (kind === 2) return { name: String(name), members: {}, isMap: true }
  if (kind !== 3 && kind !== 4) return undefined
  const schemas = second as readonly Schema[]
  const members = (first as readonly string[]).map((member, at) => [member, schemas[at] ?? 0] as const)
  return { name: String(name), members: Object.fromEntries(members), isMap: false }
}

interface Reading {
  readonly client: string
  /** What the module's own files name. */
  readonly words: ReadonlySet<string>
}

/** The parts of one command's input that nothing is written into. */
function missingIn(schema: Schema, written: Written, path: string, reading: Reading): readonly string[] {
  const shape = shapeOf(schema)
  if (!shape || written === 'whole') return []
  return Object.entries(shape.members).flatMap(([name, member]) => {
    const below = written[name]
    if (below === undefined) return [`${path}.${name}`]
    return [
      ...missingIn(member, below, `${path}.${name}`, reading),
      ...attributesOf(shape.name, name, member, reading.client)
        .filter((attribute) => !reading.words.has(attribute))
        .map((attribute) => `${path}.${name}.${attribute}`),
    ]
  })
}

/** Attributes go by texts: in a map, in pairs, or one a call. */
function attributesOf(shape: string, member: string, schema: Schema, client: string): readonly string[] {
  const below = shapeOf(schema)
  if (below?.isMap || member === 'AttributeName') return documentedNames(client, { shape, member })
  return below?.name.endsWith('Attribute')
    ? documentedNames(client, { shape: below.name, member: 'Key' })
    : []
}

const isRead = (operation: string): boolean => /^(Describe|List|Get|Head)/.test(operation)

const readAll = (pattern: string): readonly string[] =>
  globSync(pattern)
    .filter((path) => !path.endsWith('.examples.ts'))
    .map((path) => readFileSync(path, 'utf8'))

/** The module's own files, by its folder; that of the template is `_template`. */
export const sourcesOf = ({ name }: Module): readonly string[] =>
  readAll(`modules/${name === 'template' ? '_template' : name}/*.ts`)

/** The writes of its mappers and functions. */
function writesOf({ tables, rpc }: Module): readonly string[] {
  const declared = [
    ...tables.flatMap(({ mapper }) => mapper?.operations ?? []),
    ...rpc.flatMap((one) => one.operations),
  ]
  return [...new Set(declared)].filter((operation) => !isRead(operation))
}

type Sdk = Readonly<Record<string, new (input: object) => { readonly schema: readonly Schema[] }>>

function sdkOf(sources: readonly string[]): { readonly sdk: Sdk; readonly client: string } {
  const client = /@aws-sdk\/client-[\w-]+/.exec(sources.join('\n'))?.[0]
  if (client === undefined) throw new Error('the sources take no SDK client')
  return { sdk: require(client) as Sdk, client }
}

/** `CreateVpc.Ipv6Pool`: arguments, at any depth, that no call of these sources says. */
export function argumentsMissing(module: Module, sources = sourcesOf(module)): readonly string[] {
  const writes = writesOf(module)
  if (writes.length === 0) return []
  const { sdk, client } = sdkOf(sources)
  const words = wordsIn(readSources(sources))
  const written = argumentsWritten([...sources, ...readAll('modules/kit/**/*.ts')])
  return writes.flatMap((operation) => {
    const Command = sdk[`${operation}Command`]
    const input = Command && new Command({}).schema[4]
    const said = written.get(operation)
    if (input === undefined || said === undefined || said === 'whole') return [operation]
    return missingIn(input, said, operation, { client, words })
  })
}

/** Operations of the module's SDK client that it does not declare. */
export function neverCalled(module: Module): readonly string[] {
  const writes = writesOf(module)
  if (writes.length === 0) return []
  const { sdk } = sdkOf(sourcesOf(module))
  const operations = Object.keys(sdk).flatMap((name) => /^(\w+)Command$/.exec(name)?.[1] ?? [])
  return operations.filter((operation) => !writes.includes(operation))
}

/** The paths of a declaration, as `argumentsMissing` gives them. */
export const unsaid = ({ of, arguments: members }: LeftOut): readonly string[] =>
  of.flatMap((operation) => members?.map((member) => `${operation}.${member}`) ?? [operation])

/** How a call is made, and nothing of a resource: whether it only asks, who shall own the bucket, what it sums up to. */
export const ofEveryCall: ReadonlySet<string> = new Set([
  'DryRun',
  'ExpectedBucketOwner',
  'ExpectedSourceBucketOwner',
  'ContentMD5',
  'ChecksumAlgorithm',
  'RequestPayer',
])

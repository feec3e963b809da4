/** The simulated service's SDK: a client class and a command class for each operation. */
import type { SdkCommandClass } from '#engine/model/cloud.ts'
import type { Json } from '#engine/model/json.ts'
import type { Attributes, KindName } from './kinds.ts'
import { kinds } from './kinds.ts'

/** Named as the service whose published limits hold for it. */
export class SimulatedClient {
  readonly config = { serviceId: 'EC2' }
}

export type Tags = Readonly<Record<string, string>>

export interface Item {
  readonly Id: string
  readonly State: string
  readonly Attributes: Attributes
  readonly CompanionOf: string | null
}

export interface CreateInput {
  readonly Attributes: Attributes
  readonly ClientToken?: string
}

export interface DescribeInput {
  readonly Ids?: readonly string[]
  readonly Token?: string
  readonly Name?: string
  readonly Parent?: string
  /** Values of attributes. */
  readonly Where?: Attributes
  /** Of revisions the newest one alone. */
  readonly IsNewest?: boolean
  readonly NextToken?: string
}

export interface ModifyInput {
  readonly Id: string
  readonly Attributes?: Attributes
  readonly PutTags?: Tags
  readonly RemoveTags?: readonly string[]
}

export interface IdInput {
  readonly Id: string
}

/** Many at once, all of them or none. */
export interface ManyInput<One> {
  readonly All: readonly One[]
}

/** Of something that is kept beside a resource. */
export interface SettingInput extends IdInput {
  readonly Name: string
  readonly Value?: Json
}

export interface Setting {
  readonly Value: Json
}

export interface Families {
  readonly Names: readonly string[]
  readonly NextToken?: string
}

export interface Page {
  readonly Items: readonly Item[]
  readonly NextToken?: string
}

export interface Made {
  readonly Item: Item
}

export interface MadeMany {
  readonly Items: readonly Item[]
}

type Verb =
  | 'create'
  | 'describe'
  | 'list'
  | 'modify'
  | 'delete'
  | 'stop'
  | 'start'
  | 'createMany'
  | 'modifyMany'
  | 'deleteMany'
  | 'families'
  | 'getSetting'
  | 'putSetting'
  | 'removeSetting'

export interface Operation {
  readonly verb: Verb
  readonly kind: KindName
}

const reads: ReadonlySet<Verb> = new Set(['describe', 'list', 'families', 'getSetting'])

export const isRead = ({ verb }: Operation): boolean => reads.has(verb)

const operations = new Map<string, Operation>()

/** Undefined for an operation of another service. */
export const operationNamed = (name: string): Operation | undefined => operations.get(name)

function command<Input extends object, Output extends object>(
  kind: KindName,
  verb: Verb,
  name: string,
): SdkCommandClass<Input, Output> {
  class Command {
    readonly input: Input
    constructor(input: Input) {
      this.input = input
    }
    resolveMiddleware(): () => Promise<{ output: Output }> {
      throw new Error('a simulated command is sent to the simulated cloud only')
    }
  }
  Object.defineProperty(Command, 'name', { value: `${name}Command` })
  operations.set(name, { kind, verb })
  return Command
}

const commandsOf = (kind: KindName) => {
  const { name } = kinds[kind]
  return {
    Create: command<CreateInput, Made>(kind, 'create', `Create${name}`),
    /** With everything, by ids or by what else picks them. */
    Describe: command<DescribeInput, Page>(kind, 'describe', `Describe${name}s`),
    List: command<DescribeInput, Page>(kind, 'list', `List${name}s`),
    Modify: command<ModifyInput, Made>(kind, 'modify', `Modify${name}`),
    Delete: command<IdInput, object>(kind, 'delete', `Delete${name}`),
    Stop: command<IdInput, object>(kind, 'stop', `Stop${name}`),
    Start: command<IdInput, object>(kind, 'start', `Start${name}`),
    CreateMany: command<ManyInput<CreateInput>, MadeMany>(kind, 'createMany', `Create${name}s`),
    ModifyMany: command<ManyInput<ModifyInput>, MadeMany>(kind, 'modifyMany', `Modify${name}s`),
    DeleteMany: command<ManyInput<IdInput>, object>(kind, 'deleteMany', `Delete${name}s`),
    Families: command<DescribeInput, Families>(kind, 'families', `List${name}Families`),
    GetSetting: command<SettingInput, Setting>(kind, 'getSetting', `Get${name}Setting`),
    PutSetting: command<SettingInput, object>(kind, 'putSetting', `Put${name}Setting`),
    RemoveSetting: command<SettingInput, object>(kind, 'removeSetting', `Remove${name}Setting`),
  }
}

export const commands = {
  network: commandsOf('network'),
  rulebook: commandsOf('rulebook'),
  segment: commandsOf('segment'),
  topic: commandsOf('topic'),
  gateway: commandsOf('gateway'),
  portal: commandsOf('portal'),
  server: commandsOf('server'),
  guard: commandsOf('guard'),
  rule: commandsOf('rule'),
  vault: commandsOf('vault'),
  blueprint: commandsOf('blueprint'),
  crew: commandsOf('crew'),
  store: commandsOf('store'),
  page: commandsOf('page'),
  person: commandsOf('person'),
} satisfies Readonly<Record<KindName, ReturnType<typeof commandsOf>>>

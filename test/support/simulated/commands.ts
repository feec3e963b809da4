/** The simulated service's SDK: a client class and a command class for each operation. */
import type { SdkCommandClass } from '#engine/model/cloud.ts'
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

export interface Page {
  readonly Items: readonly Item[]
  readonly NextToken?: string
}

export interface Made {
  readonly Item: Item
}

type Verb = 'create' | 'describe' | 'list' | 'modify' | 'delete' | 'stop' | 'start'

export interface Operation {
  readonly verb: Verb
  readonly kind: KindName
}

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
} satisfies Readonly<Record<KindName, ReturnType<typeof commandsOf>>>

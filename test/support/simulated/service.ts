/** The simulated service's operations on its world, as strict as the real ones: what is wrong is refused, by its typed name. */
import type { Place } from '#engine/model/cloud.ts'
import type { CreateInput, IdInput, ManyInput, ModifyInput, Operation, SettingInput } from './commands.ts'
import type { Attributes, KindName } from './kinds.ts'
import { addCompanion, create, numbered } from './service-create.ts'
import { writeMany } from './service-many.ts'
import { checkUnique, modify, start, stop, writeSetting } from './service-modify.ts'
import { answerRead, type Read } from './service-read.ts'
import { remove, removeWith } from './service-remove.ts'
import { seenBy } from './service-show.ts'
import type { State, Thing, World } from './world.ts'

export class Service {
  readonly world: World

  constructor(world: World) {
    this.world = world
  }

  write({ verb, kind }: Operation, input: object, place: Place): object {
    const { world } = this
    switch (verb) {
      case 'create':
        return create(world, { kind, place }, input as CreateInput)
      case 'modify':
        return modify(world, kind, input as ModifyInput)
      case 'delete':
        return remove(world, kind, input as IdInput)
      case 'createMany':
        return writeMany(world, input as ManyInput<CreateInput>, {
          one: (each) => create(world, { kind, place }, each).Item,
        })
      case 'modifyMany':
        return writeMany(world, input as ManyInput<ModifyInput>, {
          one: (each) => modify(world, kind, each).Item,
          check: (each) => checkUnique(world, kind, each),
        })
      case 'deleteMany':
        return writeMany(world, input as ManyInput<IdInput>, { one: (each) => remove(world, kind, each) })
      case 'stop':
        return stop(world, kind, input as IdInput)
      case 'start':
        return start(world, kind, input as IdInput)
      case 'putSetting':
      case 'removeSetting':
        return writeSetting(world, kind, input as SettingInput)
      default:
        throw new Error(`${verb} is a read`)
    }
  }

  read(read: Read, input: object): object {
    return answerRead(this.world, read, input)
  }

  /** New ones with what only the cloud knows. */
  numbered(kind: KindName, given: Attributes): Attributes {
    return numbered(this.world, kind, given)
  }

  /** What the cloud makes of its own accord along with a resource. */
  addCompanion(thing: Thing): void {
    addCompanion(this.world, thing)
  }

  /** With its companions, unless something else still uses it. */
  removeWith(thing: Thing, by: 'engine' | 'stranger'): void {
    removeWith(this.world, thing, by)
  }

  /** As a mapper of its kind sees it. */
  seen(state: State): unknown {
    return seenBy(this.world, state)
  }
}

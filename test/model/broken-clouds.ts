/** Clouds that break the product on purpose: each in one way that the model test must find. */
import { pagesBy } from '#aws/pages.ts'
import type { CloudApi } from '#engine/model/cloud.ts'
import { IasqlError } from '#engine/model/error.ts'
import { tokenTag } from '#modules/kit/index.ts'
import type { Cloud } from '#operations/ports.ts'
import { commands, type Item, type Page } from '#test/support/simulated/commands.ts'

type Input = Readonly<Record<string, unknown>>
type Breaking = (cloud: Cloud) => Cloud
interface Call {
  readonly operation: string
  readonly input: Input
  readonly api: CloudApi
  go(input?: Input): Promise<object>
}

/** Around every call, those that read pages among them. */
const around =
  (answer: (call: Call) => Promise<object>): Breaking =>
  (cloud) => ({
    ...cloud,
    settleMs: (published) => cloud.settleMs(published),
    api: (...given) => {
      const api = cloud.api(...given)
      const send: CloudApi['send'] = async (command, input) => {
        const go = (changed: Input = input as unknown as Input) =>
          api.send(command, changed as unknown as typeof input) as Promise<object>
        const operation = command.name.replace(/Command$/, '')
        return (await answer({ operation, input: input as unknown as Input, api, go })) as never
      }
      return { ...api, send, pages: pagesBy(send) }
    },
  })

/** What was made under it is not found again. */
export const withoutTokens = around(({ operation, input, go }) => {
  if (!operation.startsWith('Create')) return go()
  const attributes = input.Attributes as Readonly<Record<string, Input>>
  const { [tokenTag]: _, ...tags } = attributes.tags ?? {}
  return go({ ...input, Attributes: { ...attributes, tags } })
})

export const withoutNotes = around(({ operation, input, go }) => {
  const { notes: _, ...attributes } = (input.Attributes ?? {}) as Input
  return operation === 'ModifyNetwork' && input.Attributes ? go({ ...input, Attributes: attributes }) : go()
})

/** Takes a change of these for done, and leaves them out. */
export const deafTo = (...names: readonly string[]) =>
  around(({ operation, input, go }) => {
    const { Attributes: attributes, Name: setting } = input as {
      readonly Attributes?: Input
      readonly Name?: string
    }
    if (operation.startsWith('Put') && names.includes(setting ?? '')) return Promise.resolve({})
    if (!operation.startsWith('Modify') || !attributes) return go()
    const heard = Object.entries(attributes).filter(([name]) => !names.includes(name))
    return go({ ...input, Attributes: Object.fromEntries(heard) })
  })

export const twice = around(async ({ operation, go }) => {
  if (operation.startsWith('Create')) await go()
  return await go()
})

const isRead = (operation: string): boolean => /^(List|Describe)(Network|Rulebook)s$/.test(operation)

/** Once something was seen, it is shown for ever. */
export const ghostly = (): Breaking => {
  const seen = new Map<string, object>()
  return around(async ({ operation, input, go }) => {
    const answer = await go()
    if (!isRead(operation)) return answer
    const key = `${operation} ${JSON.stringify(input)}`
    if ((answer as Page).Items.length > 0) seen.set(key, answer)
    return seen.get(key) ?? answer
  })
}

/** Whatever somebody does to a network, its packets have 1,500 bytes. */
export const lying = around(async ({ operation, go }) => {
  const answer = await go()
  if (!isRead(operation)) return answer
  const { Items: items, ...rest } = answer as Page
  const lie = (item: Item): Item => ({ ...item, Attributes: { ...item.Attributes, mtu: 1_500 } })
  return { ...rest, Items: operation.includes('Network') ? items.map(lie) : items }
})

export const stubborn = around(async ({ operation, go }) => {
  if (operation.startsWith('Delete')) throw new IasqlError('cloud/denied', 'Nothing is deleted here.')
  return await go()
})

/** Says that it is done. */
export const forgetful = around(async ({ operation, go }) =>
  operation.startsWith('Delete') ? {} : await go(),
)

/** With the first change of a network another one goes. */
export const greedy = (): Breaking => {
  let isFull = false
  return around(async ({ operation, input, api, go }) => {
    if (operation !== 'ModifyNetwork' || isFull) return await go()
    isFull = true
    const { Items: items } = await api.send(commands.network.List, {})
    const other = items.find(({ Id }) => Id !== input.Id)
    if (other) await api.send(commands.network.Delete, { Id: other.Id })
    return await go()
  })
}

/** `vault_request(name)`: a vault that the service fills itself, whose value is shown this one time. */
import { randomUUID } from 'node:crypto'
import { defineRpc } from '#modules/kit/index.ts'
import { commands, SimulatedClient } from './commands.ts'
import type { Thing } from './world.ts'

/** What the values begin with. */
export const shown = 'shown once: '

/** The tag of those that were made so. */
const requested = 'requested'

/** A function made it, for no row. */
export const isRequested = ({ versions }: Thing): boolean => {
  const tags = versions[0]?.attributes?.tags as Readonly<Record<string, string>> | undefined
  return tags?.[requested] !== undefined
}

export const vaultRequest = defineRpc({
  name: 'vault_request',
  kind: 'action',
  role: 'operator',
  arguments: [{ name: 'name', type: 'text' }],
  columns: [
    { name: 'name', type: 'text' },
    { name: 'value', type: 'text', secret: true },
  ],
  description: 'Makes a vault; its value is shown once and kept nowhere.',
  sampleUsage: "SELECT * FROM vault_request('vault')",
  client: SimulatedClient,
  operations: ['CreateVault'],
  syncs: ['vault'],
  async handler({ name }, { cloud }) {
    const value = `${shown}${randomUUID()}`
    await cloud.send(commands.vault.Create, {
      Attributes: { name: String(name), value, tags: { [requested]: 'yes' } },
    })
    return [{ name: String(name), value }]
  },
})

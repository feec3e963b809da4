/** The module `shapes`: tables of the simulated service for what the kit has beside plain resources. */
import {
  content,
  defineModule,
  defineTable,
  integer,
  policyDocument,
  reference,
  secret,
  tags,
  text,
} from '#modules/kit/index.ts'
import { blueprint, blueprintPart } from './blueprint.ts'
import { kinds } from './kinds.ts'
import { simulatedMapper } from './mapper.ts'
import { sim } from './module.ts'
import { rule } from './rule.ts'
import { store } from './store.ts'
import { vaultRequest } from './vault-request.ts'

const state = text('Where it is in its life.', { output: true })

/** Known by a token in its tags; made along with it: a rule. */
const guard = defineTable({
  name: 'guard',
  description: 'What lets in and out by rules.',
  naturalKey: ['tags'],
  uniqueKey: false,
  settleMs: kinds.guard.settleMs,
  columns: {
    guard_id: text('Its id.', { output: true }),
    network_id: reference('sim.network', 'Where it is.', { required: true, replaces: 'after' }),
    notes: text('Anything.', { clearable: true }),
    state,
    tags: tags(),
  },
  mapper: simulatedMapper({ kind: 'guard' }),
})

/** Holds what is written and never shown. */
const vault = defineTable({
  name: 'vault',
  description: 'A vault.',
  naturalKey: ['name'],
  named: true,
  settleMs: kinds.vault.settleMs,
  hydrates: ['version'],
  columns: {
    vault_id: text('Its id.', { output: true }),
    name: text('Its name.', { required: true, replaces: 'after' }),
    value: secret('What it holds.'),
    notes: text('Anything.', { clearable: true }),
    version: integer('How often its value was written.', { output: true }),
    state,
    tags: tags(),
  },
  mapper: simulatedMapper({ kind: 'vault', outputs: ['version'] }),
})

/** Follows a blueprint wherever that goes. */
const crew = defineTable({
  name: 'crew',
  description: 'A crew.',
  naturalKey: ['tags'],
  uniqueKey: false,
  settleMs: kinds.crew.settleMs,
  estimates: { createMs: 10_000, updateMs: 20_000, deleteMs: 10_000 },
  columns: {
    crew_id: text('Its id.', { output: true }),
    blueprint_id: reference('shapes.blueprint', 'What it is made after.', { required: true }),
    leader_id: reference('shapes.person', 'Who leads it.', { clearable: true }),
    members: integer('How many.', { default: 1 }),
    state,
    tags: tags(),
  },
  mapper: simulatedMapper({ kind: 'crew' }),
})

/** Has what it says by its digest. */
const page = defineTable({
  name: 'page',
  description: 'A page of a store.',
  naturalKey: ['store_id', 'name'],
  named: true,
  settleMs: kinds.page.settleMs,
  hydrates: ['body', 'language', 'tags'],
  columns: {
    page_id: text('Its id.', { output: true }),
    store_id: reference('shapes.store', 'Where it is.', { required: true, replaces: 'after' }),
    name: text('Its name.', { required: true, replaces: 'after' }),
    body: content('What it says.'),
    language: text('In which language.', { clearable: true }),
    state,
    tags: tags(),
  },
  mapper: simulatedMapper({ kind: 'page' }),
})

/** Is wherever the account is. */
const person = defineTable({
  name: 'person',
  description: 'A person.',
  place: 'global',
  naturalKey: ['name'],
  named: true,
  settleMs: kinds.person.settleMs,
  hydrates: ['policy', 'tags'],
  columns: {
    person_id: text('Its id.', { output: true }),
    name: text('Its name.', { required: true, replaces: 'before' }),
    policy: policyDocument('What it may do.', { clearable: true }),
    notes: text('Anything.', { clearable: true }),
    state,
    tags: tags(),
  },
  mapper: simulatedMapper({ kind: 'person' }),
})

export const shapes = defineModule({
  name: 'shapes',
  version: '0.1.0',
  requires: ['aws_account', 'sim'],
  tables: [guard, rule, vault, blueprint, person, crew, store, page],
  sql: [blueprintPart],
  rpc: [vaultRequest],
})

/** Of both modules. */
export const simulatedTables = [...sim.tables, ...shapes.tables]

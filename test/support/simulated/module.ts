/** The module `sim`: tables over the simulated service, one for each shape that resources come in. */
import {
  boolean,
  choice,
  cidr,
  defineModule,
  defineTable,
  integer,
  jsonDocument,
  policyDocument,
  reference,
  set,
  tags,
  text,
} from '#modules/kit/index.ts'
import { kinds } from './kinds.ts'
import { simulatedMapper } from './mapper.ts'

const state = text('Where it is in its life.', { output: true })

/** Known by a token in its tags; made along with it: a rulebook; read by id for what the list lacks. */
const network = defineTable({
  name: 'network',
  description: 'A network.',
  naturalKey: ['tags'],
  uniqueKey: false,
  settleMs: kinds.network.settleMs,
  hydrates: ['has_dns', 'segment_count'],
  columns: {
    network_id: text('Its id.', { output: true }),
    cidr: cidr('Its addresses.', { required: true, replaces: 'after' }),
    mtu: integer('Bytes of a packet; null: as the cloud chooses.', { min: 1 }),
    has_dns: boolean('Whether names are answered.', { default: true }),
    notes: text('Anything.', { clearable: true }),
    segment_count: integer('Segments in it.', { output: true }),
    state,
    tags: tags(),
  },
  mapper: simulatedMapper({ kind: 'network', outputs: ['segment_count'] }),
})

const rulebook = defineTable({
  name: 'rulebook',
  description: 'Rules of a network; the default one comes with it.',
  naturalKey: ['tags'],
  uniqueKey: false,
  settleMs: kinds.rulebook.settleMs,
  createdWith: [{ parent: 'sim.network', via: 'network_id' }],
  columns: {
    rulebook_id: text('Its id.', { output: true }),
    network_id: reference('sim.network', 'Whose rules they are.', { required: true, replaces: 'after' }),
    rules: set('The rules.', { clearable: true }),
    is_default: boolean('Whether it came with the network.', { output: true }),
    state,
    tags: tags(),
  },
  mapper: simulatedMapper({ kind: 'rulebook' }),
})

/** Its addresses collide with those of the one it replaces. */
const segment = defineTable({
  name: 'segment',
  description: 'A part of a network.',
  naturalKey: ['network_id', 'cidr'],
  settleMs: kinds.segment.settleMs,
  columns: {
    segment_id: text('Its id.', { output: true }),
    network_id: reference('sim.network', 'The network it is in.', { required: true, replaces: 'after' }),
    cidr: cidr('Its addresses.', { required: true, replaces: 'before' }),
    state,
    tags: tags(),
  },
  mapper: simulatedMapper({ kind: 'segment' }),
})

/** Named by its user, and found by that name. */
const topic = defineTable({
  name: 'topic',
  description: 'A topic.',
  naturalKey: ['name'],
  named: true,
  settleMs: kinds.topic.settleMs,
  hydrates: ['retention', 'policy', 'labels', 'document', 'dead_letter_id', 'tags'],
  columns: {
    topic_id: text('Its id.', { output: true }),
    name: text('Its name.', { required: true, replaces: 'before' }),
    retention: integer('Seconds; null: as the cloud chooses.', { min: 1 }),
    policy: policyDocument('Who may use it.', { clearable: true }),
    labels: set('Labels.', { clearable: true }),
    document: jsonDocument('Anything.', { clearable: true }),
    dead_letter_id: reference('sim.topic', 'Where the rest goes.', { need: 'exists', clearable: true }),
    state,
    tags: tags(),
  },
  mapper: simulatedMapper({ kind: 'topic' }),
})

/** Takes its time to come and to go; a create is known by its client token. */
const gateway = defineTable({
  name: 'gateway',
  description: 'A gateway.',
  naturalKey: ['tags'],
  uniqueKey: false,
  settleMs: kinds.gateway.settleMs,
  estimates: { createMs: 40_000, deleteMs: 30_000 },
  columns: {
    gateway_id: text('Its id.', { output: true }),
    segment_id: reference('sim.segment', 'Where it is.', { required: true, replaces: 'after' }),
    size: integer('How large.', { default: 1 }),
    label: text('Anything.', { clearable: true }),
    state,
    tags: tags(),
  },
  mapper: simulatedMapper({ kind: 'gateway' }),
})

/** Known to nobody but by its id: what an unanswered create has made only a repeated token tells, or what has come since. */
const portal = defineTable({
  name: 'portal',
  description: 'A portal.',
  naturalKey: ['network_id', 'purpose'],
  uniqueKey: false,
  settleMs: kinds.portal.settleMs,
  hydrates: ['note'],
  columns: {
    portal_id: text('Its id.', { output: true }),
    network_id: reference('sim.network', 'Where it leads to.', { required: true, replaces: 'after' }),
    purpose: text('What it is for.', { required: true, replaces: 'after' }),
    size: integer('How large.', { default: 1 }),
    note: text('Anything.', { clearable: true }),
    state,
  },
  mapper: simulatedMapper({ kind: 'portal' }),
})

/** Made by several calls, and changed only while it is stopped. */
const server = defineTable({
  name: 'server',
  description: 'A server.',
  naturalKey: ['tags'],
  uniqueKey: false,
  settleMs: kinds.server.settleMs,
  estimates: { createMs: 15_000, updateMs: 10_000, deleteMs: 5_000 },
  columns: {
    server_id: text('Its id.', { output: true }),
    segment_id: reference('sim.segment', 'Where it is.', { replaces: 'after' }),
    rulebook_id: reference('sim.rulebook', 'What it obeys.', { clearable: true }),
    peer_id: reference('sim.server', 'Its partner.', { need: 'exists', clearable: true }),
    user_data: text('What it starts with.', { replaces: 'after' }),
    size: choice(['small', 'large'], 'How large.', { default: 'small' }),
    config: jsonDocument('Anything.', { clearable: true }),
    is_watched: boolean('Whether it is watched.', { default: false }),
    state,
    tags: tags(),
  },
  mapper: simulatedMapper({ kind: 'server', afterCreate: ['is_watched', 'config'] }),
})

export const sim = defineModule({
  name: 'sim',
  version: '0.1.0',
  requires: ['aws_account'],
  tables: [network, rulebook, segment, topic, gateway, portal, server],
})

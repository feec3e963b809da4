/** What the simulated service knows of each kind of resource: data that its operations follow. */
import type { Json } from '#engine/model/json.ts'

export type Attributes = Readonly<Record<string, Json>>

export interface Kind {
  /** As in operations: `CreateNetwork`. */
  readonly name: string
  readonly prefix: string
  /** Milliseconds for which reads may lag behind a write. */
  readonly settleMs: number
  /**
   * How a repeated create is known: not at all (the caller has but tags), by a token of the client beside them, by such a
   * token alone, which nothing shows afterwards, or by the name.
   */
  readonly idempotency: 'none' | 'token' | 'hidden' | 'name'
  /** Milliseconds for which a token is known after the first call. */
  readonly tokenMs: number
  /** Attribute → kind that it names the id of. */
  readonly references: Readonly<Record<string, string>>
  /** Values of attributes that a create leaves out. */
  readonly defaults: Attributes
  /** Refused when changed. */
  readonly immutable: readonly string[]
  /** No two of one kind and place may share all of these. */
  readonly unique: readonly string[]
  /** What a list shows; everything when absent. */
  readonly listed?: readonly string[]
  readonly pendingMs: number
  readonly deletingMs: number
  /** Changed only while it is stopped. */
  readonly whileStopped: readonly string[]
  /** A kind made and deleted along with it. */
  readonly companion?: string
}

const kind = (name: string, prefix: string, more: Partial<Kind> = {}): Kind => ({
  name,
  prefix,
  settleMs: 10_000,
  idempotency: 'none',
  tokenMs: 86_400_000,
  references: {},
  defaults: {},
  immutable: [],
  unique: [],
  pendingMs: 0,
  deletingMs: 0,
  whileStopped: [],
  ...more,
})

export const kinds = {
  network: kind('Network', 'net', {
    defaults: { mtu: 1_500, has_dns: true, notes: null, tags: {} },
    immutable: ['cidr'],
    listed: ['cidr', 'mtu', 'tags', 'notes'],
    companion: 'rulebook',
  }),
  rulebook: kind('Rulebook', 'rbk', {
    references: { network_id: 'network' },
    defaults: { rules: null, tags: {} },
    immutable: ['network_id'],
  }),
  segment: kind('Segment', 'seg', {
    references: { network_id: 'network' },
    defaults: { tags: {} },
    immutable: ['network_id', 'cidr'],
    unique: ['network_id', 'cidr'],
  }),
  topic: kind('Topic', 'top', {
    settleMs: 60_000,
    idempotency: 'name',
    references: { dead_letter_id: 'topic' },
    defaults: {
      retention: 345_600,
      policy: null,
      labels: null,
      document: null,
      dead_letter_id: null,
      tags: {},
    },
    immutable: ['name'],
    unique: ['name'],
    listed: ['name'],
  }),
  gateway: kind('Gateway', 'gtw', {
    idempotency: 'token',
    references: { segment_id: 'segment' },
    defaults: { size: 1, label: null, tags: {} },
    immutable: ['segment_id'],
    pendingMs: 40_000,
    deletingMs: 30_000,
  }),
  portal: kind('Portal', 'por', {
    idempotency: 'hidden',
    tokenMs: 60_000,
    references: { network_id: 'network' },
    defaults: { size: 1, note: null },
    immutable: ['network_id', 'purpose'],
    listed: ['network_id', 'purpose', 'size'],
    pendingMs: 5_000,
  }),
  server: kind('Server', 'srv', {
    references: { segment_id: 'segment', rulebook_id: 'rulebook', peer_id: 'server' },
    defaults: {
      segment_id: null,
      rulebook_id: null,
      peer_id: null,
      user_data: null,
      size: 'small',
      config: null,
      is_watched: false,
      tags: {},
    },
    immutable: ['user_data', 'segment_id'],
    pendingMs: 15_000,
    deletingMs: 5_000,
    whileStopped: ['size'],
  }),
} as const satisfies Readonly<Record<string, Kind>>

export type KindName = keyof typeof kinds

export const kindOf = (name: KindName): Kind => kinds[name]

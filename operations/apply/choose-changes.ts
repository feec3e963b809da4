/** Which of the planned changes an execution is to do: an apply those of a preview, one's own or all, a commit what is its own. */
import type { PlannedChange } from '#engine/plan/planned-change.ts'
import { endedKeys } from '#postgres/statements/change-load.ts'
import { heldKeys } from '#postgres/statements/execution-held.ts'
import type { OpenRow } from '#postgres/statements/transaction-rows.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { noneUnseen, unseenAmong, unseenNotice } from '../automatic/unseen-changes.ts'
import type { InstalledTables } from '../install/installed-tables.ts'
import {
  choiceNotice,
  isNobodys,
  leftAlone,
  movedNotice,
  othersNotice,
  ownChanges,
  stuckNotice,
  withNeeded,
} from '../plan/left-out.ts'
import { orderWanted, type PlanScope } from '../plan/make-plan.ts'
import {
  findMoved,
  isToDo,
  movedLines,
  type PreviewedPlan,
  readPreview,
  refuseMoved,
  within,
} from '../plan/previewed-plan.ts'
import type { Ports } from '../ports.ts'
import type { ApplyArguments } from './apply-arguments.ts'

export interface ChoiceRequest {
  readonly tenant: Tenant
  readonly executionId: number
  readonly actor: string
  readonly arguments: ApplyArguments
  /** Over which it was asked for: rows of the transaction that is open there are the asker's. */
  readonly connectionId?: string | null
  /** It has planned before: only what it had to wait for then is wanted. */
  readonly isAgain?: boolean
  /** Absent: it is no commit. */
  readonly commit?: CommitScope
}

/** What of a transaction is to be done now. */
export interface CommitScope {
  readonly transactionId: string
  /** Its rows. */
  readonly keys: ReadonlySet<string>
  /** Rows that are to go from the cloud and stay in their tables; and whether the edits of others count. */
  readonly planned: PlanScope
  /** Of its changes, those whose turn it is. */
  isDue(change: PlannedChange, changes: ReadonlyMap<string, PlannedChange>): boolean
  /** Throws when rows of it cannot be done because they hang on others. */
  check(hanging: readonly PlannedChange[]): void
}

export interface Choice {
  isChosen(change: PlannedChange): boolean
  /** Nobody asked for this apply, and nobody was shown these. */
  readonly unseen: readonly PlannedChange[]
  /** About what is left out; `unchosen` are the changes that are not done because of the choice. */
  notices(unchosen: readonly PlannedChange[]): readonly string[]
}

interface Planned {
  readonly tables: InstalledTables
  readonly changes: readonly PlannedChange[]
  /** Rows of transactions that others have open. */
  readonly open: ReadonlyMap<string, OpenRow>
}

export interface Chooser {
  /** What there is to choose from. */
  within(changes: readonly PlannedChange[]): readonly PlannedChange[]
  choose(planned: Planned): Promise<Choice>
}

export const chooserFor = async (ports: Ports, request: ChoiceRequest): Promise<Chooser> =>
  request.commit
    ? await chooserOfCommit(ports, request, request.commit)
    : await chooserOfApply(ports, request)

/** Of its own rows those whose turn it is, and what it owes; about others it says nothing. */
async function chooserOfCommit(
  ports: Ports,
  { tenant, executionId }: ChoiceRequest,
  commit: CommitScope,
): Promise<Chooser> {
  const held = await heldKeys(ports.platform, tenant, executionId)
  // A commit is not over while somebody else has failed to do what it owes.
  const isOwed = (change: PlannedChange): boolean => held.has(change.key) && isNobodys(change)
  return {
    within: (changes) => changes,
    async choose({ tables, changes, open }) {
      const owed = changes.filter(isOwed).map(({ key }) => key)
      const alone = leftAlone(changes, tables, { open, own: new Set([...commit.keys, ...owed]) })
      const { leftOut } = orderWanted(changes, tables, alone.isWanted)
      commit.check(leftOut.filter(({ key, companion }) => commit.keys.has(key) && !companion))
      const byKey = new Map(changes.map((change) => [change.key, change]))
      return {
        // What is owed goes before whatever cannot be taken back: its failure is no reason to lose that.
        isChosen: (change) => alone.isWanted(change) && (isOwed(change) || commit.isDue(change, byKey)),
        unseen: [],
        notices: () => [],
      }
    },
  }
}

/** What an apply was asked for, and what it had to leave when it planned before. */
interface Asked {
  /** Absent: whatever is planned now. */
  readonly preview: PreviewedPlan | undefined
  /** Who had claimed it then, by resource key; undefined: it has not planned yet. */
  readonly held: ReadonlyMap<string, number | null> | undefined
  /** It came of the execution's own changes, though nobody could preview it: what AWS made along is to be as it was before. */
  isOwed(change: PlannedChange): boolean
}

async function chooserOfApply(ports: Ports, request: ChoiceRequest): Promise<Chooser> {
  const asked = await askedOf(ports, request)
  return {
    within: (changes) => within(asked.preview, changes, asked.isOwed),
    async choose(planned) {
      const alone = leftAlone(planned.changes, planned.tables, { open: planned.open, own: undefined })
      const choice = await chooseAsked(ports, request, { ...planned, ...asked })
      return {
        isChosen: (change) => alone.isWanted(change) && choice.isChosen(change),
        unseen: choice.unseen.filter(alone.isWanted),
        notices: (unchosen) => [
          ...alone.notices(unchosen.filter(choice.isChosen)),
          ...choice.notices(unchosen.filter(alone.isWanted)),
        ],
      }
    },
  }
}

async function askedOf(
  ports: Ports,
  { tenant, executionId, arguments: { planId }, isAgain = false }: ChoiceRequest,
): Promise<Asked> {
  const preview = planId === null ? undefined : await readPreview(ports, tenant, planId)
  const held = isAgain ? await heldKeys(ports.platform, tenant, executionId) : undefined
  const isLeftOut = (key: string): boolean => (preview?.changes.get(key)?.left_out ?? null) !== null
  return {
    preview,
    held,
    isOwed: (change) => held?.get(change.key) === null && isNobodys(change) && !isLeftOut(change.key),
  }
}

/** Without regard to transactions that others have open. */
async function chooseAsked(
  ports: Ports,
  { tenant, executionId, actor, arguments: given, isAgain = false }: ChoiceRequest,
  { tables, changes, preview, held, isOwed }: Planned & Asked,
): Promise<Choice> {
  // What points at a target by now, nobody could know when that had to wait.
  const isAwaited = held ? withNeeded(changes, tables, ({ key }) => held.has(key)) : () => true
  const ended = await endedKeys(ports.platform, tenant, executionId)
  const moved = preview && (await findMoved(ports, tenant, preview, changes))
  if (preview && moved && !isAgain) refuseMoved(preview, moved)
  const isOwn = given.mine ? ownChanges(changes, tables, actor) : () => true
  const unseen =
    given.automaticMs === undefined
      ? noneUnseen
      : await unseenAmong(ports, tenant, { changes, shownForMs: given.automaticMs })
  const planned = new Set(changes.map(({ key }) => key))
  const isChosen = (change: PlannedChange): boolean =>
    (!ended.has(change.key) || isOwed(change)) &&
    !unseen.isUnseen(change) &&
    isAwaited(change) &&
    (isOwed(change) || (isOwn(change) && (!preview || isToDo(preview, change.key)))) &&
    !moved?.has(change.key)
  return {
    isChosen,
    unseen: unseen.changes,
    notices: (unchosen) => [
      ...unseenNotice(unseen.changes),
      ...(given.mine ? othersNotice(unchosen, (change) => isOwn(change) || isOwed(change)) : []),
      ...(preview && !isAgain ? choiceNotice(preview, (key) => planned.has(key)) : []),
      ...(preview && moved && isAgain ? movedNotice(movedLines(preview, moved)) : []),
      ...(preview ? stuckNotice(unchosen.filter((change) => !change.companion && isChosen(change))) : []),
    ],
  }
}

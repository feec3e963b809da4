/** Customer managed policies: one row, one policy; a change of its document makes a new version, which becomes the default. */
import {
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  DeletePolicyCommand,
  DeletePolicyVersionCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  IAMClient,
  ListPoliciesCommand,
  ListPolicyVersionsCommand,
  type Policy,
  type PolicyVersion,
  TagPolicyCommand,
  UntagPolicyCommand,
} from '@aws-sdk/client-iam'
import {
  arn,
  type CloudApi,
  defineMapper,
  defineTable,
  done,
  partitionOf,
  policyDocument,
  type RowOf,
  set,
  tagList,
  tags,
  tagsFrom,
  text,
  timestamp,
  unlessAbsent,
} from '../kit/index.ts'
import { mostItems, policyDetails } from './account-details.ts'
import { nameOfAtMost, pathCheck } from './names.ts'
import { isOfAws, policyIn, policyText } from './policy-text.ts'
import { updateTags } from './update-tags.ts'

const columns = {
  policy_name: text('Name of the policy; one of the account, whatever its path.', {
    required: true,
    replaces: 'after',
    check: nameOfAtMost(128),
  }),
  policy_document: policyDocument('What it allows and denies; a change makes a new version.', {
    required: true,
  }),
  path: text('Path before the name in the ARN: / or /teams/search/.', {
    default: '/',
    replaces: 'after',
    check: pathCheck,
  }),
  description: text('What it is for; AWS changes it in no policy that stands.', {
    replaces: 'after',
    clearable: true,
    check: 'length({}) <= 1000',
  }),
  arn: arn('ARN of the policy.', { output: true }),
  default_version_id: text('Version that is in force, such as v1.', { output: true }),
  older_version_ids: set('Versions that are kept beside it; the oldest goes when there would be six.', {
    output: true,
    ownCall: ['deleteEach'],
  }),
  create_date: timestamp('When it was made.', { output: true }),
  tags: tags(),
}

type Row = RowOf<typeof columns>

interface SeenPolicy {
  readonly policy: Policy
  /** Absent in a list; documents of the others but the default one may be missing. */
  readonly versions?: readonly PolicyVersion[]
}

/** Up to so many are read by three calls each; for more, one call tells the documents of all. */
const few = 20

/** IAM keeps five versions of a policy. */
const mostVersions = 5

async function readPolicy(PolicyArn: string, iam: CloudApi): Promise<SeenPolicy | undefined> {
  const policy = (await unlessAbsent(iam.send(GetPolicyCommand, { PolicyArn })))?.Policy
  if (!policy) return undefined
  const listed = iam.pages(ListPolicyVersionsCommand, { PolicyArn }, (page) => page.Versions)
  const VersionId = policy.DefaultVersionId
  const [all, current] = await Promise.all([
    unlessAbsent(Array.fromAsync(listed)),
    unlessAbsent(iam.send(GetPolicyVersionCommand, { PolicyArn, VersionId })),
  ])
  if (!all || !current?.PolicyVersion) return undefined
  const others = all.filter((version) => version.VersionId !== VersionId)
  return { policy, versions: [...others, { ...current.PolicyVersion, VersionId }] }
}

/** The documents of all come together; tags only one policy at a time. */
async function readMany(arns: readonly string[], iam: CloudApi): Promise<readonly SeenPolicy[]> {
  const details = new Map((await Array.fromAsync(policyDetails(iam))).map((policy) => [policy.Arn, policy]))
  return iam.each(arns, async (PolicyArn) => {
    const detail = details.get(PolicyArn)
    if (!detail) return readPolicy(PolicyArn, iam)
    const policy = (await unlessAbsent(iam.send(GetPolicyCommand, { PolicyArn })))?.Policy
    // A version that came between the two calls has no document here.
    if (policy && policy.DefaultVersionId !== detail.DefaultVersionId) return readPolicy(PolicyArn, iam)
    return policy && { policy, versions: detail.PolicyVersionList ?? [] }
  })
}

const idOf = ({ policy }: SeenPolicy) => ({ arn: policy.Arn ?? '' })

/** Oldest first; v9 is older than v10. */
function olderVersions({ policy, versions = [] }: SeenPolicy): readonly string[] {
  const numberOf = (id: string) => Number(id.slice(1))
  return versions
    .flatMap(({ VersionId = '' }) => (VersionId === policy.DefaultVersionId ? [] : [VersionId]))
    .sort((a, b) => numberOf(a) - numberOf(b))
}

async function updateDocument(seen: SeenPolicy, document: Row['policy_document'], iam: CloudApi) {
  const PolicyArn = seen.policy.Arn
  const [oldest] = olderVersions(seen)
  if (oldest && (seen.versions ?? []).length >= mostVersions)
    await iam.send(DeletePolicyVersionCommand, { PolicyArn, VersionId: oldest })
  await iam.send(CreatePolicyVersionCommand, {
    PolicyArn,
    PolicyDocument: policyText(document),
    SetAsDefault: true,
  })
}

function toRow(seen: SeenPolicy): Row {
  const { policy, versions = [] } = seen
  const current = versions.find(({ VersionId }) => VersionId === policy.DefaultVersionId)
  const older = olderVersions(seen)
  return {
    policy_name: policy.PolicyName ?? '',
    policy_document: policyIn(current?.Document),
    path: policy.Path ?? '/',
    description: policy.Description || null,
    arn: policy.Arn ?? null,
    default_version_id: policy.DefaultVersionId ?? null,
    older_version_ids: older.length > 0 ? older : null,
    create_date: policy.CreateDate?.toISOString() ?? null,
    tags: tagsFrom(policy.Tags),
  }
}

export const iamPolicy = defineTable({
  name: 'iam_policy',
  description:
    'A managed policy of the account, for any number of roles and users. Those of AWS are named by ARN.',
  place: 'global',
  naturalKey: ['policy_name'],
  named: true,
  holdsData: false,
  settleMs: 20_000,
  hydrates: ['policy_document', 'description', 'older_version_ids', 'tags'],
  columns,
  mapper: defineMapper<Row, SeenPolicy>()({
    client: IAMClient,
    operations: [
      'ListPolicies',
      'GetAccountAuthorizationDetails',
      'GetPolicy',
      'GetPolicyVersion',
      'ListPolicyVersions',
      'CreatePolicy',
      'CreatePolicyVersion',
      'DeletePolicyVersion',
      'TagPolicy',
      'UntagPolicy',
      'DeletePolicy',
    ],
    idOf,
    async *list(_, iam) {
      const input = { Scope: 'Local' as const, MaxItems: mostItems }
      for await (const policy of iam.pages(ListPoliciesCommand, input, (page) => page.Policies))
        yield { policy }
    },
    get(ids, iam) {
      const arns = ids.map((id) => id.arn ?? '')
      return arns.length > few ? readMany(arns, iam) : iam.each(arns, (each) => readPolicy(each, iam))
    },
    findByName: ({ policy_name, path }, iam) => readPolicy(policyArn(iam, path, policy_name), iam),
    isExternal: ({ policy }) => isOfAws(policy.Arn ?? ''),
    async create(want, _, iam) {
      const { Policy: made } = await iam.send(CreatePolicyCommand, {
        PolicyName: want.policy_name,
        Path: want.path,
        PolicyDocument: policyText(want.policy_document),
        Tags: tagList(want.tags ?? {}),
        ...(want.description === null ? {} : { Description: want.description }),
      })
      return done({ arn: made?.Arn ?? '' })
    },
    async update(seen, want, delta, _, iam) {
      const PolicyArn = seen.policy.Arn
      if (delta.policy_document) await updateDocument(seen, want.policy_document, iam)
      if (delta.tags)
        await updateTags(seen.policy.Tags, want.tags, {
          put: (Tags) => iam.send(TagPolicyCommand, { PolicyArn, Tags }),
          remove: (TagKeys) => iam.send(UntagPolicyCommand, { PolicyArn, TagKeys }),
        })
      return done(idOf(seen))
    },
    async delete(seen, _, iam) {
      const PolicyArn = seen.policy.Arn
      for (const VersionId of olderVersions(seen))
        await iam.send(DeletePolicyVersionCommand, { PolicyArn, VersionId })
      await iam.send(DeletePolicyCommand, { PolicyArn })
      return done(idOf(seen))
    },
    toRow,
  }),
})

const policyArn = ({ place }: CloudApi, path: string, name: string): string =>
  `arn:${partitionOf(place.region)}:iam::${place.accountId}:policy${path}${name}`

/** Internet gateways: a VPC's door to the internet; attached and detached in place. */
import {
  AttachInternetGatewayCommand,
  CreateInternetGatewayCommand,
  DeleteInternetGatewayCommand,
  DescribeInternetGatewaysCommand,
  DetachInternetGatewayCommand,
  EC2Client,
  type InternetGateway,
} from '@aws-sdk/client-ec2'
import { byIds, byToken, isOwnedElsewhere, type Kind, taggedAs } from '../kit/ec2/describe.ts'
import { untagBy, updateTags } from '../kit/ec2/update-tags.ts'
import {
  type CloudApi,
  defineMapper,
  defineTable,
  done,
  type RowOf,
  ref,
  reference,
  tags,
  tagsFrom,
  text,
  waiting,
} from '../kit/index.ts'

const columns = {
  internet_gateway_id: text('Id of the gateway, made by AWS.', { output: true }),
  vpc_id: reference('aws_vpc.vpc', 'VPC it is attached to; null while it is attached to none.', {
    clearable: true,
    interrupts: true,
    ownCall: ['create', 'update', 'clear', 'delete'],
  }),
  owner_id: text('Account that owns it.', { output: true }),
  tags: tags(),
}

type Row = RowOf<typeof columns>

const gateways: Kind<InternetGateway> = {
  pages: (Filters, ec2) =>
    ec2.pages(
      DescribeInternetGatewaysCommand,
      Filters ? { Filters } : { MaxResults: 1_000 },
      (page) => page.InternetGateways,
    ),
  idFilter: 'internet-gateway-id',
  idColumn: 'internet_gateway_id',
}

const idOf = (gateway: InternetGateway) => ({ internet_gateway_id: gateway.InternetGatewayId ?? '' })

const vpcIdOf = (gateway: InternetGateway): string | null => gateway.Attachments?.[0]?.VpcId ?? null

async function attach(gateway: InternetGateway, want: string | null, ec2: CloudApi): Promise<void> {
  const seen = vpcIdOf(gateway)
  const { InternetGatewayId } = gateway
  if (seen === want) return
  if (seen) await ec2.send(DetachInternetGatewayCommand, { InternetGatewayId, VpcId: seen })
  if (want) await ec2.send(AttachInternetGatewayCommand, { InternetGatewayId, VpcId: want })
}

export const internetGateway = defineTable({
  name: 'internet_gateway',
  description: "A VPC's connection to the internet.",
  naturalKey: ['tags'],
  uniqueKey: false,
  settleMs: 10_000,
  holdsData: false,
  protects: [
    {
      when: 'is_default',
      through: 'vpc_id',
      message: 'the internet gateway of the default VPC is not deleted',
    },
  ],
  columns,
  mapper: defineMapper<Row, InternetGateway>()({
    client: EC2Client,
    operations: [
      'DescribeInternetGateways',
      'CreateInternetGateway',
      'AttachInternetGateway',
      'DetachInternetGateway',
      'CreateTags',
      'DeleteTags',
      'DeleteInternetGateway',
    ],
    idOf,
    list: (_, ec2) => gateways.pages(undefined, ec2),
    get: (ids, ec2) => byIds(gateways, ids, ec2),
    findByToken: (token, ec2) => byToken(gateways, token, ec2),
    isExternal: (seen, place) => isOwnedElsewhere(seen.OwnerId, place),
    untag: untagBy('internet_gateway_id'),
    async create(want, token, ec2) {
      const { InternetGateway: made = {} } = await ec2.send(CreateInternetGatewayCommand, {
        TagSpecifications: taggedAs('internet-gateway', want.tags, token),
      })
      return want.vpc_id ? waiting(idOf(made), 'the gateway to be attached', 'again') : done(idOf(made))
    },
    async update(seen, want, delta, _, ec2) {
      const id = idOf(seen)
      if (delta.vpc_id) await attach(seen, want.vpc_id?.vpc_id ?? null, ec2)
      if (delta.tags) await updateTags(id.internet_gateway_id, { seen: seen.Tags, want: want.tags }, ec2)
      return done(id)
    },
    async delete(seen, _, ec2) {
      await attach(seen, null, ec2)
      await ec2.send(DeleteInternetGatewayCommand, { InternetGatewayId: seen.InternetGatewayId })
      return done(idOf(seen))
    },
    toRow: (seen) => {
      const vpcId = vpcIdOf(seen)
      return {
        internet_gateway_id: seen.InternetGatewayId ?? null,
        vpc_id: ref('aws_vpc.vpc', vpcId === null ? null : { vpc_id: vpcId }),
        owner_id: seen.OwnerId ?? null,
        tags: tagsFrom(seen.Tags),
      }
    },
  }),
})

/** Availability zones: read-only, imported so that subnets can name one and have the name checked. */
import { type AvailabilityZone, DescribeAvailabilityZonesCommand, EC2Client } from '@aws-sdk/client-ec2'
import { defineReader, defineTable, type RowOf, text } from '../kit/index.ts'

const columns = {
  name: text('Name of the zone in this account, such as us-east-1a.', { required: true }),
  zone_id: text('Name of the zone that is the same in all accounts, such as use1-az1.', { output: true }),
  zone_type: text('availability-zone, local-zone or wavelength-zone.', { output: true }),
  state: text('available, impaired, unavailable or constrained.', { output: true }),
  opt_in_status: text('Whether the account has opted into the zone.', { output: true }),
  group_name: text('Group of zones that is opted into together.', { output: true }),
  network_border_group: text('Location from which AWS advertises its addresses.', { output: true }),
}

export const availabilityZone = defineTable({
  name: 'availability_zone',
  description: 'A zone of a region that the account can use.',
  naturalKey: ['name'],
  access: 'read',
  settleMs: 0,
  columns,
  mapper: defineReader<RowOf<typeof columns>, AvailabilityZone>()({
    client: EC2Client,
    operations: ['DescribeAvailabilityZones'],
    idOf: (seen) => ({ name: seen.ZoneName ?? '' }),
    list: (_, ec2) => ec2.pages(DescribeAvailabilityZonesCommand, {}, (page) => page.AvailabilityZones),
    async get(ids, ec2) {
      const { AvailabilityZones = [] } = await ec2.send(DescribeAvailabilityZonesCommand, {})
      return AvailabilityZones.filter((seen) => ids.some(({ name }) => name === seen.ZoneName))
    },
    toRow: (seen) => ({
      name: seen.ZoneName ?? '',
      zone_id: seen.ZoneId ?? null,
      zone_type: seen.ZoneType ?? null,
      state: seen.State ?? null,
      opt_in_status: seen.OptInStatus ?? null,
      group_name: seen.GroupName ?? null,
      network_border_group: seen.NetworkBorderGroup ?? null,
    }),
  }),
})

/** What an internet gateway looks like; everything of it changes in place. */
import { examplesOf, needed } from '../kit/index.ts'
import { internetGateway } from './internet-gateway.ts'

export const internetGatewayExamples = examplesOf(internetGateway, {
  needs: {
    vpc: { table: 'vpc', row: { cidr_block: '10.30.0.0/16' } },
    other: { table: 'vpc', row: { cidr_block: '10.31.0.0/16' } },
  },
  base: { vpc_id: needed('vpc'), tags: { Name: 'door' } },
  update: { vpc_id: needed('other'), tags: { Name: 'side door' } },
  replace: null,
})

/** What listeners look like: to a group of targets, to another address, and with a certificate. */
import { examplesOf, needed, neededValue } from '../kit/index.ts'
import { network } from './example-needs.ts'
import { listener } from './listener.ts'

const groupOf = (name: string) => ({
  table: 'target_group',
  row: { target_group_name: name, target_type: 'ip', protocol: 'HTTP', port: 80, vpc: needed('vpc') },
})

export const balanced = {
  ...network,
  balancer: {
    table: 'load_balancer',
    row: {
      load_balancer_name: 'listening',
      scheme: 'internal',
      subnets: [
        { subnet_id: neededValue('subnet', 'first', 'subnet_id') },
        { subnet_id: neededValue('subnet', 'second', 'subnet_id') },
      ],
    },
  },
  shop: groupOf('shop-targets'),
  trial: groupOf('trial-targets'),
}

/** Of IAM: the emulator wants those of ACM to have been made there. */
export const certificate = (name: string): string => `arn:aws:iam::123456789012:server-certificate/${name}`

export const listenerExamples = examplesOf(listener, {
  needs: {
    ...balanced,
    other: { table: 'load_balancer', row: { ...balanced.balancer.row, load_balancer_name: 'listening-2' } },
  },
  base: {
    load_balancer_id: needed('balancer'),
    port: 80,
    protocol: 'HTTP',
    target_group_id: needed('shop'),
    tags: { team: 'shop' },
  },
  update: { port: 8080, target_group_id: needed('trial'), tags: { team: 'platform' } },
  replace: { load_balancer_id: needed('other') },
})

export const fixedListenerExamples = examplesOf(listener, {
  variant: 'redirect',
  needs: balanced,
  base: {
    load_balancer_id: needed('balancer'),
    port: 81,
    protocol: 'HTTP',
    action_type: 'redirect',
    redirect_protocol: 'HTTPS',
    redirect_port: '443',
    redirect_status_code: 'HTTP_301',
  },
  update: {
    action_type: 'fixed-response',
    redirect_protocol: null,
    redirect_port: null,
    redirect_status_code: null,
    fixed_response_status_code: '404',
    fixed_response_content_type: 'text/plain',
    fixed_response_message_body: 'nothing here',
  },
  replace: null,
})

export const secureListenerExamples = examplesOf(listener, {
  variant: 'HTTPS',
  needs: balanced,
  base: {
    load_balancer_id: needed('balancer'),
    port: 443,
    protocol: 'HTTPS',
    certificate_arn: certificate('shop'),
    target_group_id: needed('shop'),
  },
  update: { ssl_policy: 'ELBSecurityPolicy-TLS-1-2-2017-01' },
  replace: null,
})

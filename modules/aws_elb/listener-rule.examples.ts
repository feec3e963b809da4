/** What a rule looks like, changed in place; it moves to another listener with that alone. */
import { examplesOf, needed } from '../kit/index.ts'
import { balanced } from './listener.examples.ts'
import { listenerRule } from './listener-rule.ts'

const listenerAt = (port: number) => ({
  table: 'listener',
  row: {
    load_balancer_id: needed('balancer'),
    port,
    protocol: 'HTTP',
    target_group_id: needed('shop'),
  },
})

export const listenerRuleExamples = examplesOf(listenerRule, {
  needs: { ...balanced, listener: listenerAt(8081), other: listenerAt(8082) },
  base: {
    listener_id: needed('listener'),
    priority: 10,
    path_patterns: ['/trial/*'],
    host_headers: ['shop.example.com'],
    target_group_id: needed('trial'),
    tags: { team: 'shop' },
  },
  update: {
    priority: 20,
    path_patterns: ['/trial/*', '/test/*'],
    http_headers: { 'X-Stage': ['trial'] },
    target_group_id: needed('shop'),
    tags: { team: 'platform' },
  },
  replace: { listener_id: needed('other') },
})

/** What a further certificate of a listener looks like; it changes by being replaced. */
import { examplesOf, needed } from '../kit/index.ts'
import { balanced, certificate } from './listener.examples.ts'
import { listenerCertificate } from './listener-certificate.ts'

export const listenerCertificateExamples = examplesOf(listenerCertificate, {
  needs: {
    ...balanced,
    door: {
      table: 'listener',
      row: {
        load_balancer_id: needed('balancer'),
        port: 8443,
        protocol: 'HTTPS',
        certificate_arn: certificate('first'),
        target_group_id: needed('shop'),
      },
    },
  },
  base: { listener_id: needed('door'), certificate_arn: certificate('second') },
  update: null,
  replace: { certificate_arn: certificate('third') },
})

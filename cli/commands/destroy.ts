/** `iasql destroy`: the deployment goes; the data stays unless the deployment chose otherwise. */
import type { Command } from '../command.ts'
import { carryOut, deployOptions } from '../deployment.ts'
import { UsageError } from '../exit.ts'

export const destroy: Command = {
  summary: 'take the deployment away again; the data stays unless told otherwise',
  usage: `iasql destroy --yes

Takes away everything but the database, its network and its key. What becomes of those was chosen by onDestroy at
deployment: retain (as when nothing was chosen), snapshot or delete. Linked accounts and what is in them stay as they are.

  --profile <name>   profile of the AWS CLI
  --region <name>    region, else AWS_REGION or the profile's
  --yes              do it
`,
  options: deployOptions,
  run: (invocation) => {
    const [word] = invocation.positionals
    if (word !== undefined) throw new UsageError(`destroy takes no argument: ${word}`)
    return carryOut(invocation, async (deployment) => (await import('#cdk/deploy.ts')).destroy(deployment))
  },
}

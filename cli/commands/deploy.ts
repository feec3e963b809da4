/** `iasql deploy`: the product into an AWS account. */
import type { Command } from '../command.ts'
import { carryOut, deployOptions } from '../deployment.ts'

export const deploy: Command = {
  summary: 'deploy the product into your own AWS account',
  usage: `iasql deploy [name=value …]

Checks credentials, region and the CDK's bootstrap, deploys, and prints the URL and how the first owner signs in. What was
chosen at an earlier deployment stays; "name=" takes a choice back. All names are in docs/self-hosting.md.

  --profile <name>   profile of the AWS CLI
  --region <name>    region, else AWS_REGION or the profile's
  --yes              do not ask about rights and firewall rules
`,
  options: deployOptions,
  run: (invocation) =>
    carryOut(invocation, async (deployment) => {
      const { deploy } = await import('#cdk/deploy.ts')
      return deploy({ ...deployment, given: invocation.positionals })
    }),
}

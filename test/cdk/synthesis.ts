/** The stack as the tests look at it: synthesized once for each set of options, without bundling what they do not run. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App, type IPolicyValidationPlugin, Validations } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { IasqlStack } from '../../cdk/iasql-stack.ts'
import { readOptions } from '../../cdk/options.ts'

/** The CDK's own rules for templates, which take most of the time of a synthesis. */
const defaultRules = '@aws-cdk/core:validateAgainstDefaultRules'

export interface Synthesis {
  readonly template: Template
  /** Of the file with it. */
  readonly path: string
  /** Messages that the CDK would show when synthesizing. */
  readonly warnings: readonly string[]
  /** What rules found and the sources explain. */
  readonly acknowledgements: readonly { readonly id: string; readonly reason: string }[]
  /** The folder is gone afterwards. */
  dispose(): void
}

/** cdk.json's own flags and `options`; `plugins` look at it too, and have it throw for what they find. */
export function synthesize(
  options: Readonly<Record<string, unknown>> = {},
  ...plugins: readonly IPolicyValidationPlugin[]
): Synthesis {
  const outdir = mkdtempSync(join(tmpdir(), 'iasql-cdk-'))
  const { context } = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8'))
  const quick = { 'aws:cdk:bundling-stacks': [], [defaultRules]: plugins.length > 0 }
  const app = new App({ outdir, context: { ...context, ...quick } })
  const stack = new IasqlStack(app, 'iasql', { options: readOptions(options) })
  if (plugins.length > 0) Validations.of(app).addPlugins(...plugins)
  const { templateFullPath } = app.synth().getStackArtifact(stack.artifactId)
  const metadata = stack.node.findAll().flatMap(({ node }) => node.metadata)
  return {
    template: Template.fromJSON(JSON.parse(readFileSync(templateFullPath, 'utf8'))),
    path: templateFullPath,
    warnings: metadata.filter(({ type }) => /:(warning|error)$/.test(type)).map(({ data }) => String(data)),
    acknowledgements: metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.entries(data as Readonly<Record<string, string>>))
      .map(([id, reason]) => ({ id: id.replace(/^Annotation::/, ''), reason: String(reason) })),
    dispose: () => rmSync(outdir, { recursive: true, force: true }),
  }
}

export interface Statement {
  readonly Effect: string
  readonly Action: string | readonly string[]
  readonly Resource: unknown
}

export const listOf = <Item>(value: Item | readonly Item[]): readonly Item[] =>
  Array.isArray(value) ? value : [value as Item]

/** Every statement of every policy, and whose it is: `on-message`, `platform`, … */
export function statementsIn(
  template: Template,
): readonly { readonly holder: string; readonly statement: Statement }[] {
  return Object.entries(template.findResources('AWS::IAM::Policy')).flatMap(([name, { Properties }]) =>
    (Properties.PolicyDocument.Statement as Statement[]).map((statement) => ({
      holder: name.replace(/^Functions/, '').replace(/role(DefaultPolicy)?\w*$/i, ''),
      statement,
    })),
  )
}

/** Bundles the command and all it runs into `dist/`, for the published package: `npm run build`, and before every `npm pack`. */
import { rm } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { fileURLToPath } from 'node:url'
import { build, type Metafile } from 'esbuild'
import manifest from '../package.json' with { type: 'json' }

const root = fileURLToPath(new URL('..', import.meta.url))
const installed = new Set(Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies }))

/** `@aws-sdk/client-ec2/dist` → `@aws-sdk/client-ec2` */
const packageOf = (path: string): string =>
  path
    .split('/')
    .slice(0, path.startsWith('@') ? 2 : 1)
    .join('/')

/** What npm would not bring along with the package. */
const missingPackages = ({ outputs }: Metafile): readonly string[] => {
  const paths = Object.values(outputs).flatMap(({ imports }) => imports.filter(({ external }) => external))
  const packages = paths.filter(({ path }) => !isBuiltin(path)).map(({ path }) => packageOf(path))
  return [...new Set(packages)].filter((name) => !installed.has(name))
}

await rm(`${root}dist`, { recursive: true, force: true })
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ['cli/main.ts'],
  outdir: 'dist',
  // No folders: what looks for package.json one level up finds it from every file.
  chunkNames: '[name]-[hash]',
  bundle: true,
  splitting: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  target: 'node24',
  metafile: true,
  logLevel: 'warning',
})
const missing = missingPackages(metafile)
if (missing.length > 0) throw new Error(`not among the dependencies of package.json: ${missing.join(', ')}`)
const bytes = Object.values(metafile.outputs).reduce((sum, output) => sum + output.bytes, 0)
console.error(`dist: ${Object.keys(metafile.outputs).length} files, ${Math.round(bytes / 1024)} KiB`)

/** What Lambda runs and what the dashboard's bucket serves, made by esbuild from the sources in one go of about two seconds. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { AssetHashType, DockerImage } from 'aws-cdk-lib'
import { Code } from 'aws-cdk-lib/aws-lambda'
import { type BuildOptions, buildSync, type Metafile } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Made new only when something of this changes. */
const shared = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  minify: true,
  metafile: true,
  legalComments: 'none',
  logLevel: 'warning',
} as const satisfies BuildOptions

/** ES modules, with what CommonJS dependencies expect. */
const banner = [
  "import{createRequire as iasqlRequire}from'node:module'",
  "import{fileURLToPath as iasqlPath}from'node:url'",
  "import{dirname as iasqlDirname}from'node:path'",
  'const require=iasqlRequire(import.meta.url)',
  'const __filename=iasqlPath(import.meta.url)',
  'const __dirname=iasqlDirname(__filename)',
].join(';')

/**
 * Every function's entry and the chunks that they share: what an entry imports only when it needs it stays out of its cold
 * start. Gives esbuild's account of it.
 */
export function bundleFunctions(names: readonly string[], folder: string): Metafile {
  const { metafile } = buildSync({
    ...shared,
    entryPoints: names.map((name) => `functions/${name}.ts`),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    // Beside the entries: a chunk finds the parser's WebAssembly in its own folder.
    chunkNames: 'chunk-[hash]',
    splitting: true,
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    // Names in a log are worth their bytes.
    keepNames: true,
    banner: { js: banner },
  })
  cpSync(`${root}node_modules/libpg-query/wasm/libpg-query.wasm`, `${folder}/libpg-query.wasm`)
  return metafile
}

/** The pages, for the function that puts them into the bucket. */
export function bundleDashboard(folder: string): void {
  buildSync({
    ...shared,
    entryPoints: ['dashboard/page.ts'],
    outfile: `${folder}/page.js`,
    platform: 'browser',
    target: 'es2023',
  })
  for (const file of ['index.html', 'style.css', 'icon.svg']) {
    writeFileSync(`${folder}/${file}`, readFileSync(`${root}dashboard/${file}`))
  }
}

/** One asset for all functions, so that they are always of one version. */
export const functionsCode = (names: readonly string[]): Code =>
  Code.fromAsset(root, {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Never asked: the local way below always answers.
      image: DockerImage.fromRegistry('none'),
      local: {
        tryBundle: (folder) => {
          bundleFunctions(names, folder)
          bundleDashboard(`${folder}/dashboard`)
          return true
        },
      },
    },
  })

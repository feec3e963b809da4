/** Which room of the tree may import which: the table of ARCHITECTURE.md, enforced by `npm run check:rooms`. */

/** Room → what else of ours it may import. A room may always import itself; what is not listed may not be imported. */
const rooms = {
  '^engine/': [],
  '^websocket/': [],
  '^modules/kit/': ['^engine/model/'],
  '^modules/registry\\.ts$': ['^modules/'],
  '^aws/': ['^engine/'],
  '^postgres/': ['^engine/'],
  '^operations/': ['^engine/', '^modules/(registry\\.ts$|kit/)', '^aws/', '^postgres/', '^websocket/'],
  '^functions/': ['^operations/', '^websocket/'],
  '^statemachines/': ['^engine/model/'],
  '^cdk/': ['^statemachines/', '^functions/', '^modules/registry\\.ts$'],
  '^local/': [
    '^operations/',
    '^functions/',
    '^websocket/',
    '^statemachines/',
    '^engine/model/',
    '^postgres/',
    '^aws/',
    '^modules/registry\\.ts$',
  ],
  '^dashboard/': ['^websocket/'],
  '^cli/(?!commands/(start|deploy|destroy)\\.ts$)': ['^websocket/', '^cli/'],
  '^cli/commands/start\\.ts$': ['^websocket/', '^cli/', '^local/'],
  '^cli/commands/(deploy|destroy)\\.ts$': ['^websocket/', '^cli/', '^cdk/'],
}

const ours =
  '^(engine|websocket|modules|aws|postgres|operations|functions|statemachines|cdk|local|cli|dashboard|test|bench|tools)/'

const roomRules = Object.entries(rooms).map(([room, allowed]) => ({
  name: `room ${room}`,
  comment: `may import ${allowed.length === 0 ? 'nothing else of ours' : allowed.join(' ')}`,
  severity: 'error',
  from: { path: room },
  to: { path: ours, pathNot: [room, ...allowed] },
}))

const builtIn = ['core']
const packages = ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown']

module.exports = {
  forbidden: [
    ...roomRules,
    {
      name: 'a module',
      comment: 'may import itself and modules/kit/',
      severity: 'error',
      from: { path: '^modules/(?!kit/|registry)([^/]+)/' },
      to: { path: ours, pathNot: ['^modules/kit/', '^modules/$1/'] },
    },
    {
      name: 'the packages of a module',
      comment: 'a module may import SDK clients and no other package',
      severity: 'error',
      from: { path: '^modules/(?!kit/|registry)' },
      to: { dependencyTypes: packages, pathNot: 'node_modules/@aws-sdk/client-' },
    },
    {
      name: 'a pure room',
      comment: 'may import no part of Node',
      severity: 'error',
      from: { path: '^(engine|websocket|modules|statemachines|dashboard)/' },
      to: { dependencyTypes: builtIn },
    },
    {
      name: 'the engine alone',
      comment: 'may import no package',
      severity: 'error',
      from: { path: '^(engine|statemachines)/' },
      to: { dependencyTypes: packages },
    },
    {
      name: 'the cloud SDK',
      comment: 'has no place in a room that is pure, or talks to the WebSocket only',
      severity: 'error',
      from: { path: '^(engine|websocket|statemachines|cli|dashboard)/' },
      to: { path: 'node_modules/@aws-sdk/' },
    },
    {
      name: 'no circle',
      comment: 'imports may not lead back to where they started',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      comment: 'an import has to lead somewhere',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    // TypeScript 7 has no API that the cruiser knows: without swc it would see nothing.
    parser: 'swc',
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(generated|cdk\\.out)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.cjs', '.mjs', '.d.ts'],
    },
  },
}

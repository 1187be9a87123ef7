// Puts @amazonpay/amazon-pay-api-sdk-nodejs, unmodified, behind the adapter protocol.
'use strict';

const fs = require('fs');
const path = require('path');
const readline = require('readline');

const root = process.env.ADAPTER_PACKAGES;
const NAME = '@amazonpay/amazon-pay-api-sdk-nodejs';
const sdk = require(path.join(root, 'node_modules', NAME));
const version = require(path.join(root, 'node_modules', NAME, 'package.json')).version;

// The adapter's own output goes out by a descriptor that console.log can't reach.
const answer = (message) => fs.writeSync(1, JSON.stringify(message) + '\n');

const settings = () => ({
  ...process.env,
  'default agent rejects unauthorized': String(require('https').globalAgent.options.rejectUnauthorized),
});

const payloadOnly = (name) => (client, a, headers) => client[name](a.payload, headers);
const idOnly = (name) => (client, a, headers) => client[name](a.id, headers);
const both = (name) => (client, a, headers) => client[name](a.id, a.payload, headers);
const OPERATIONS = {
  createCheckoutSession: payloadOnly('createCheckoutSession'),
  getCheckoutSession: idOnly('getCheckoutSession'),
  updateCheckoutSession: both('updateCheckoutSession'),
  completeCheckoutSession: both('completeCheckoutSession'),
  finalizeCheckoutSession: both('finalizeCheckoutSession'),
  getChargePermission: idOnly('getChargePermission'),
  updateChargePermission: both('updateChargePermission'),
  closeChargePermission: both('closeChargePermission'),
  createCharge: payloadOnly('createCharge'),
  getCharge: idOnly('getCharge'),
  captureCharge: both('captureCharge'),
  cancelCharge: both('cancelCharge'),
  createRefund: payloadOnly('createRefund'),
  getRefund: idOnly('getRefund'),
  getBuyer: idOnly('getBuyer'),
  // The general method takes one object, which stays the caller's own from call to call.
  request: (client, a, headers) => {
    a.options ??= { method: a.method, urlFragment: a.path, payload: a.payload, queryParams: a.query, headers };
    return client.apiCall(a.options);
  },
};

const clients = new Map();

function configure(message) {
  const configuration = {
    publicKeyId: message.publicKeyId,
    privateKey: message.privateKey,
    region: message.region,
    sandbox: message.environment === 'sandbox',
  };
  if (message.algorithm !== null) configuration.algorithm = message.algorithm;
  if (message.endpoint !== null) configuration.overrideServiceUrl = message.endpoint;
  const before = JSON.stringify(configuration);
  clients.set(message.client, { sdk: new sdk.WebStoreClient(configuration), configuration, before });
  return {};
}

function ofResponse(response) {
  const body = response.data === undefined ? null : response.data;
  return {
    status: response.status ?? null,
    body,
    text: typeof body === 'string' ? body : null,
    requestId: response.headers?.['x-amz-pay-request-id'] ?? null,
  };
}

function raised(error) {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) };
  const found = error.response ? ofResponse(error.response) : {};
  return { type: error.constructor.name, message: error.message, ...found };
}

async function call(message) {
  const client = clients.get(message.client);
  if (!(message.operation in OPERATIONS)) return { unsupported: `the SDK has no ${message.operation}` };
  const own = message.arguments;
  const headers = message.headers ?? undefined;
  const outcomes = [];
  for (let time = 0; time < message.times; time += 1) {
    try {
      const response = await OPERATIONS[message.operation](client.sdk, own, headers);
      outcomes.push({ returned: { ...ofResponse(response), unreadable: null } });
    } catch (error) {
      outcomes.push({ raised: raised(error) });
    }
  }
  let configuration = 'same';
  if (JSON.stringify(client.configuration) !== client.before) configuration = 'changed';
  else if (Object.isFrozen(client.configuration)) configuration = 'frozen';
  const { options, ...args } = own;
  if (options) Object.assign(args, { path: options.urlFragment, payload: options.payload, query: options.queryParams });
  return { outcomes, after: { arguments: args, headers: message.headers, configuration, settings: settings() } };
}

function sign(message) {
  const text = typeof message.payload === 'string' ? message.payload : JSON.stringify(message.payload);
  return { signature: clients.get(message.client).sdk.generateButtonSignature(message.payload), text };
}

const DO = {
  start: () => ({
    protocol: 1,
    language: 'javascript',
    runtime: `node ${process.versions.node}`,
    sdk: NAME,
    version,
    offers: Object.keys(OPERATIONS),
    settings: settings(),
  }),
  configure,
  call,
  sign,
  stop: () => ({}),
};

readline.createInterface({ input: process.stdin }).on('line', async (line) => {
  const message = JSON.parse(line);
  let done;
  try {
    done = await DO[message.do](message);
  } catch (error) {
    done = { raised: raised(error) };
  }
  answer({ id: message.id, did: message.do, ...done });
  if (message.do === 'stop') process.exit(0);
});

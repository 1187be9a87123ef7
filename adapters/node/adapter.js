// Puts @amazonpay/amazon-pay-api-sdk-nodejs, unmodified, behind the adapter protocol.
'use strict';

const fs = require('fs');
const path = require('path');
const readline = require('readline');
const util = require('util');

const root = process.env.ADAPTER_PACKAGES;
const NAME = '@amazonpay/amazon-pay-api-sdk-nodejs';
const sdk = require(path.join(root, 'node_modules', NAME));
const version = require(path.join(root, 'node_modules', NAME, 'package.json')).version;

// The adapter's own output goes out by a descriptor that console.log can't reach.
// A pipe that is full takes a part, or nothing for a moment.
function answer(message) {
  const bytes = Buffer.from(JSON.stringify(message) + '\n');
  for (let sent = 0; sent < bytes.length; ) {
    try {
      sent += fs.writeSync(1, bytes, sent);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

const settings = () => ({
  ...process.env,
  'default agent rejects unauthorized': String(require('https').globalAgent.options.rejectUnauthorized),
});

// What each method takes before the headers. deliveryTrackers is the SDK's name for createDeliveryTracker.
const TAKES = {
  payload: ['createCheckoutSession', 'createCharge', 'createRefund', 'createReport', 'createReportSchedule', 'createDispute', 'uploadFile', 'createDeliveryTracker', 'registerAmazonPayAccount'],
  id: ['getCheckoutSession', 'getChargePermission', 'getCharge', 'getRefund', 'getBuyer', 'getReportById', 'getReportDocument', 'getReportScheduleById', 'cancelReportSchedule', 'getDispute', 'deleteAmazonPayAccount'],
  both: ['updateCheckoutSession', 'completeCheckoutSession', 'finalizeCheckoutSession', 'updateChargePermission', 'closeChargePermission', 'updateCharge', 'captureCharge', 'cancelCharge', 'updateDispute', 'contestDispute', 'updateAmazonPayAccount', 'updateMerchantAccount', 'merchantAccountClaim'],
};
const named = (operation) => ({ createDeliveryTracker: 'deliveryTrackers' })[operation] ?? operation;
const CALLS = {
  payload: (name) => (client, a, headers) => client[name](a.payload, headers),
  id: (name) => (client, a, headers) => client[name](a.id, headers),
  both: (name) => (client, a, headers) => client[name](a.id, a.payload, headers),
};
const OPERATIONS = {
  getReports: (client, a, headers) => client.getReports(a.query, headers),
  getReportSchedules: (client, a, headers) => client.getReportSchedules(a.query?.reportTypes, headers),
  // The general method takes one object, which stays the caller's own from call to call.
  request: (client, a, headers) => {
    a.options ??= { method: a.method, urlFragment: a.path, payload: a.payload, queryParams: a.query, headers };
    return client.apiCall(a.options);
  },
};

for (const [shape, operations] of Object.entries(TAKES)) {
  for (const name of operations) OPERATIONS[name] = CALLS[shape](named(name));
}
const OFFERED = Object.keys(OPERATIONS).filter((name) => name === 'request' || named(name) in sdk.WebStoreClient.prototype);

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
  const made = new sdk.WebStoreClient(configuration);
  clients.set(message.client, { sdk: made, configuration, before });
  return { printed: util.inspect(made) };
}

function ofResponse(response) {
  const body = response.data === undefined ? null : response.data;
  return {
    status: response.status ?? null,
    body,
    text: typeof body === 'string' ? body : null,
    requestId: response.headers?.['x-amz-pay-request-id'] ?? null,
    printed: util.inspect(response),
  };
}

function raised(error) {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) };
  const found = error.response ? ofResponse(error.response) : {};
  return { type: error.constructor.name, message: error.message, ...found, printed: util.inspect(error) };
}

async function call(message) {
  const client = clients.get(message.client);
  if (!OFFERED.includes(message.operation)) return { unsupported: `the SDK has no ${message.operation}` };
  const own = message.arguments;
  const headers = message.headers ?? undefined;
  const outcomes = [];
  for (let time = 0; time < message.times; time += 1) {
    let promise;
    try {
      promise = OPERATIONS[message.operation](client.sdk, own, headers);
      const response = await promise;
      outcomes.push({ returned: { ...ofResponse(response), headers: { ...response.headers }, unreadable: null } });
    } catch (error) {
      outcomes.push({ raised: { ...raised(error), atOnce: promise === undefined } });
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
    offers: OFFERED,
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

# An adapter: puts an SDK behind the adapter protocol, one JSON object a line. See docs/sdk-adapter.md.
# Four places are marked HERE; the rest can stay. Try it with: pay-conformance sdk ruby adapter.rb
require 'json'
require 'amazon_pay'

ANSWERS = $stdout.dup
$stdout.reopen($stderr) # what the SDK prints is evidence, not an answer
WRITING = Mutex.new
CLIENTS = {}
ALGORITHM = 'AMZN-PAY-RSASSA-PSS-V2' # or AMZN-PAY-RSASSA-PSS

def settings
  ENV.to_h.merge('default external' => Encoding.default_external.to_s)
end

def raised(error)
  { raised: { type: error.class.name, message: error.message } }
end

def configure(m)
  return { unsupported: 'the SDK has no option for another host' } if m['endpoint']
  return { unsupported: "the SDK signs with #{ALGORITHM} only" } unless [nil, ALGORITHM].include?(m['algorithm'])

  # HERE: make a client of your SDK from publicKeyId, privateKey (text, or a path where keyForm is
  # "path"), region (na, eu, jp, or an alias), environment (sandbox, live) and algorithm (or null).
  CLIENTS[m['client']] = AmazonPayClient.new(
    public_key_id: m['publicKeyId'], private_key: m['privateKey'],
    region: m['region'], sandbox: m['environment'] == 'sandbox'
  )
  {}
end

# The methods of your SDK, by the operation that each is for: create_charge is createCharge.
METHODS = AmazonPayClient.public_instance_methods(false).to_h do |name|
  first, *rest = name.to_s.split('_')
  [first + rest.map(&:capitalize).join, name]
end

NOTHING = { status: nil, body: nil, text: nil, requestId: nil, unreadable: nil }.freeze

def once(client, m)
  a = m['arguments']
  named = { headers: m['headers'], query_params: a['query'] }.compact
  # HERE: call a method of your SDK.
  response = client.public_send(METHODS[m['operation']], *a.slice('id', 'payload').values, **named)
  return { returned: NOTHING } if response.nil?

  # Your SDK gives its caller the text: whether that is JSON is then found out by the caller.
  body, unreadable = begin
    [JSON.parse(response.body.to_s), nil]
  rescue JSON::ParserError => e
    [nil, "#{e.class}: #{e.message}"]
  end
  # HERE: tell what a caller of your SDK can get at; nil where there is no way to it.
  { returned: { status: response.code.to_i, body: body, text: response.body.to_s,
                requestId: response['x-amz-pay-request-id'], unreadable: unreadable,
                headers: response.each_header.to_h } }
rescue StandardError => e
  raised(e)
end

def call(m)
  return { unsupported: "the SDK has no #{m['operation']}" } unless METHODS.key?(m['operation'])

  outcomes = Array.new(m['times']) { once(CLIENTS[m['client']], m) }
  { outcomes: outcomes, after: { arguments: m['arguments'], headers: m['headers'],
                                 configuration: 'same', settings: settings } }
end

def sign(m)
  text = m['payload'].is_a?(String) ? m['payload'] : JSON.generate(m['payload'])
  { signature: CLIENTS[m['client']].generate_button_signature(m['payload']), text: text,
    algorithm: ALGORITHM }
end

def start(_)
  # HERE: say who this is.
  { protocol: 1, language: 'ruby', runtime: "ruby #{RUBY_VERSION}", sdk: 'amazon-pay-api-sdk-ruby',
    version: '1.0.0', offers: METHODS.keys, settings: settings }
end

$stdin.each_line do |line|
  Thread.new(JSON.parse(line)) do |m|
    done = begin
      m['do'] == 'stop' ? {} : send(m['do'], m)
    rescue StandardError => e
      raised(e)
    end
    WRITING.synchronize do
      ANSWERS.puts(JSON.generate({ id: m['id'], did: m['do'] }.merge(done)))
      ANSWERS.flush
    end
    exit!(0) if m['do'] == 'stop'
  end
end

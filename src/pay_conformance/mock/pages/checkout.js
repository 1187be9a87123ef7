// Draws Amazon Pay buttons and starts checkout, with the calls of Amazon's script of this name.
// Everything happens on the pages of the server that this file came from.
(() => {
  "use strict";

  const home = new URL(document.currentScript.src).origin;
  const colors = {
    Gold: ["#ffd814", "#0f1111"],
    LightGray: ["#e7e9ec", "#0f1111"],
    DarkGray: ["#3f4750", "#ffffff"],
  };
  const allowed = {
    productType: ["PayAndShip", "PayOnly", "PayAndShipMultiAddress", "SignIn"],
    placement: ["Home", "Product", "Cart", "Checkout", "Other"],
    ledgerCurrency: ["USD", "EUR", "GBP", "JPY"],
    buttonColor: Object.keys(colors),
    changeAction: ["changeAddress", "changePayment"],
  };

  // What is wrong is thrown, so that it is seen where the call was written.
  function demand(call, options, names) {
    if (typeof options !== "object" || options === null) {
      throw new TypeError(`${call}: pass an object of options`);
    }
    for (const name of names) {
      if (options[name] === undefined || options[name] === null || options[name] === "") {
        throw new TypeError(`${call}: ${name} is missing`);
      }
    }
    for (const [name, values] of Object.entries(allowed)) {
      if (options[name] !== undefined && !values.includes(options[name])) {
        throw new TypeError(
          `${call}: ${name} ${JSON.stringify(options[name])} is none of ${values.join(", ")}`,
        );
      }
    }
  }

  function find(call, selector) {
    const found = typeof selector === "string" ? document.querySelector(selector) : selector;
    if (!(found instanceof Element)) {
      throw new TypeError(`${call}: nothing on this page is ${selector}`);
    }
    return found;
  }

  function signed(options) {
    return options.productType === "SignIn"
      ? options.signInConfig
      : options.createCheckoutSessionConfig;
  }

  // The payload has to arrive byte for byte as it was signed, so only text is sent on as it is.
  function fields(options) {
    const config = signed(options);
    const payload = config.payloadJSON;
    const sent = {
      payloadJSON: typeof payload === "string" ? payload : JSON.stringify(payload),
      signature: config.signature,
      publicKeyId: config.publicKeyId || options.publicKeyId,
      algorithm: config.algorithm,
      merchantId: options.merchantId,
      productType: options.productType,
    };
    return Object.fromEntries(Object.entries(sent).filter(([, value]) => value));
  }

  function visit(path, values) {
    const form = document.createElement("form");
    form.method = "post";
    form.action = home + path;
    form.hidden = true;
    for (const [name, value] of Object.entries(values)) {
      const field = document.createElement("input");
      field.type = "hidden";
      field.name = name;
      field.value = value;
      form.append(field);
    }
    document.body.append(form);
    form.submit();
  }

  async function created({ url, method = "POST", extractAmazonCheckoutSessionId }) {
    const response = await fetch(url, { method, credentials: "same-origin" });
    if (!response.ok) {
      throw new Error(`createCheckoutSession: ${url} answered with status ${response.status}`);
    }
    const body = await response.json();
    const how = extractAmazonCheckoutSessionId || "checkoutSessionId";
    const id = typeof how === "function" ? how(body) : body[how];
    if (!id) {
      throw new Error(`createCheckoutSession: the answer of ${url} has no checkout session id`);
    }
    return id;
  }

  async function start(call, options) {
    const config = signed(options);
    if (config && config.payloadJSON) {
      visit("/checkout/start", fields(options));
      return;
    }
    let session = config && (config.checkoutSessionId || config.amazonCheckoutSessionId);
    if (!session && options.createCheckoutSession) {
      session = await created(options.createCheckoutSession);
    }
    if (!session) {
      throw new TypeError(
        `${call}: give createCheckoutSessionConfig (or signInConfig) with payloadJSON, ` +
          "createCheckoutSessionConfig with checkoutSessionId, or createCheckoutSession with a url",
      );
    }
    visit("/checkout/start", {
      amazonCheckoutSessionId: session,
      productType: options.productType || "PayAndShip",
    });
  }

  function report(problem) {
    console.error(`Amazon Pay (test): ${problem.message || problem}`);
  }

  // A wrong signature is told in the console at once, before anybody presses the button.
  async function judge(options) {
    const config = signed(options);
    if (!config || !config.payloadJSON) {
      return;
    }
    const body = new URLSearchParams(fields(options));
    const response = await fetch(`${home}/checkout/verify`, { method: "POST", body });
    const { wrong } = await response.json();
    if (wrong) {
      report([`${wrong.code}: ${wrong.message}`, ...wrong.hints].join(" "));
    }
  }

  function draw(host, options) {
    const [paper, ink] = colors[options.buttonColor || "Gold"];
    const style = new CSSStyleSheet();
    style.replaceSync(`
      button { width: 100%; min-width: 9rem; min-height: 2.8rem; padding: .5rem 1rem; border: 0;
        border-radius: .5rem; background: ${paper}; color: ${ink}; cursor: pointer;
        font: 600 1rem/1.5 system-ui, sans-serif; }
      button:focus-visible { outline: 3px solid #1d4f91; outline-offset: 2px; }
      button:disabled { opacity: .6; cursor: progress; }
    `);
    const root = host.shadowRoot || host.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [style];
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = options.productType === "SignIn" ? "Sign in with Amazon" : "Amazon Pay";
    root.replaceChildren(button);
    return button;
  }

  function renderButton(selector, options) {
    const call = "amazon.Pay.renderButton";
    demand(call, options, ["merchantId", "ledgerCurrency", "placement"]);
    const button = draw(find(call, selector), options);
    let custom = null;
    const initCheckout = (more = {}) => start(call, { ...options, ...more }).catch(report);
    button.addEventListener("click", async () => {
      if (custom) {
        custom();
        return;
      }
      button.disabled = true;
      await initCheckout();
      button.disabled = false;
    });
    judge(options).catch((problem) => {
      console.warn(`Amazon Pay (test): the button was not verified beforehand: ${problem.message}`);
    });
    return {
      onClick: (handler) => { custom = handler; },
      initCheckout,
      updateButtonInfo: (price) => { options = { ...options, estimatedOrderAmount: price }; },
    };
  }

  function initCheckout(options) {
    const call = "amazon.Pay.initCheckout";
    demand(call, options, ["merchantId", "ledgerCurrency", "placement"]);
    start(call, options).catch(report);
  }

  function bindChangeAction(selector, options) {
    const call = "amazon.Pay.bindChangeAction";
    demand(call, options, ["amazonCheckoutSessionId", "changeAction"]);
    const { amazonCheckoutSessionId, changeAction } = options;
    find(call, selector).addEventListener("click", (event) => {
      event.preventDefault();
      const query = new URLSearchParams({ amazonCheckoutSessionId, changeAction });
      window.location.assign(`${home}/checkout/select?${query}`);
    });
  }

  async function signout(done) {
    const how = { method: "POST", mode: "no-cors", credentials: "include" };
    await fetch(`${home}/checkout/signout`, how).catch(report);
    if (typeof done === "function") {
      done();
    }
  }

  window.amazon = window.amazon || {};
  window.amazon.Pay = { renderButton, initCheckout, bindChangeAction, signout };
})();

// Puts github.com/gotokatsuya/amazon-pay-sdk-go, unmodified, behind the adapter protocol.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"

	amazonpay "github.com/gotokatsuya/amazon-pay-sdk-go/amazonpay"
)

type object = map[string]any
type message struct {
	ID                                           int
	Do, Client, Operation                        string
	PublicKeyID, PrivateKey, Region, Environment string
	Algorithm, Endpoint                          *string
	Payload                                      json.RawMessage
	Arguments                                    struct {
		ID, Method, Path string
		Payload          json.RawMessage
		Query            map[string]string
	}
	Headers map[string]string
	Times   int
}

var (
	clients sync.Map
	writing sync.Mutex
	answers = os.Stdout
)

// settings gives what the whole process shares, and an SDK has no business to change.
func settings() object {
	found := object{"default transport": fmt.Sprintf("%p", http.DefaultTransport), "default client timeout": http.DefaultClient.Timeout.String()}
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		found[name] = value
	}
	return found
}

// typed calls the SDK's own method for an operation; a nil func means that it has none.
func typed(c *amazonpay.Client, m *message) func() (any, *http.Response, error) {
	ctx, id := context.Background(), m.Arguments.ID
	switch m.Operation {
	case "getCheckoutSession":
		return func() (any, *http.Response, error) { return wrap(c.GetCheckoutSession(ctx, id)) }
	case "updateCheckoutSession":
		return func() (any, *http.Response, error) {
			return wrap(c.UpdateCheckoutSession(ctx, id, read[amazonpay.UpdateCheckoutSessionRequest](m)))
		}
	case "completeCheckoutSession":
		return func() (any, *http.Response, error) {
			return wrap(c.CompleteCheckoutSession(ctx, id, read[amazonpay.CompleteCheckoutSessionRequest](m)))
		}
	case "getChargePermission":
		return func() (any, *http.Response, error) { return wrap(c.GetChargePermission(ctx, id)) }
	case "closeChargePermission":
		return func() (any, *http.Response, error) {
			return wrap(c.CloseChargePermission(ctx, id, read[amazonpay.CloseChargePermissionRequest](m)))
		}
	case "createCharge":
		return func() (any, *http.Response, error) {
			return wrap(c.CreateCharge(ctx, read[amazonpay.CreateChargeRequest](m)))
		}
	case "createRefund":
		return func() (any, *http.Response, error) {
			return wrap(c.CreateRefund(ctx, read[amazonpay.CreateRefundRequest](m)))
		}
	case "getRefund":
		return func() (any, *http.Response, error) { return wrap(c.GetRefund(ctx, id)) }
	case "request":
		return func() (any, *http.Response, error) {
			var body any
			if len(m.Arguments.Payload) > 0 {
				body = m.Arguments.Payload
			}
			request, err := c.NewRequest(m.Arguments.Method, amazonpay.APIVersion+"/"+m.Arguments.Path, body)
			if err != nil {
				return nil, nil, err
			}
			got := object{}
			response, err := c.Do(ctx, request, &got)
			return got, response, err
		}
	}
	return nil
}

func wrap[T any](body *T, response *http.Response, err error) (any, *http.Response, error) {
	return body, response, err
}

func read[T any](m *message) *T {
	value := new(T)
	if err := json.Unmarshal(m.Arguments.Payload, value); err != nil {
		panic(err)
	}
	return value
}

func fault(err error) object {
	kind := "error"
	if inner := errors.Unwrap(err); inner != nil {
		kind = fmt.Sprintf("%T", inner)
	}
	return object{"raised": object{"type": strings.TrimPrefix(kind, "*"), "message": err.Error()}}
}

func once(call func() (any, *http.Response, error)) (outcome object) {
	defer func() {
		if broken := recover(); broken != nil {
			outcome = object{"raised": object{"type": "panic", "message": fmt.Sprint(broken)}}
		}
	}()
	body, response, err := call()
	if err != nil {
		found := fault(err)
		if response != nil {
			found["raised"].(object)["status"] = response.StatusCode
			found["raised"].(object)["requestId"] = response.Header.Get("x-amz-pay-request-id")
		}
		return found
	}
	return object{"returned": object{"status": response.StatusCode, "body": body, "text": nil, "requestId": response.Header.Get("x-amz-pay-request-id"), "unreadable": nil}}
}

func do(m *message) object {
	client, _ := clients.Load(m.Client)
	switch m.Do {
	case "start":
		offers := []string{"getCheckoutSession", "updateCheckoutSession", "completeCheckoutSession", "getChargePermission", "closeChargePermission", "createCharge", "createRefund", "getRefund", "request"}
		return object{"protocol": 1, "language": "go", "runtime": runtime.Version(), "sdk": "github.com/gotokatsuya/amazon-pay-sdk-go", "version": os.Getenv("ADAPTER_SDK_VERSION"), "offers": offers, "settings": settings()}
	case "configure":
		if m.Endpoint != nil || m.Algorithm != nil && *m.Algorithm != "AMZN-PAY-RSASSA-PSS" {
			return object{"unsupported": "the SDK has no option for another host or algorithm"}
		}
		made, err := amazonpay.New(m.PublicKeyID, []byte(m.PrivateKey), m.Region, m.Environment == "sandbox", &http.Client{})
		if err != nil {
			return fault(err)
		}
		clients.Store(m.Client, made)
	case "call":
		if len(m.Headers) > 0 || len(m.Arguments.Query) > 0 {
			return object{"unsupported": "the SDK takes no headers and no query from its caller"}
		}
		call := typed(client.(*amazonpay.Client), m)
		if call == nil {
			return object{"unsupported": "the SDK has no " + m.Operation}
		}
		outcomes := []object{}
		for time := 0; time < m.Times; time++ {
			outcomes = append(outcomes, once(call))
		}
		own := object{"id": m.Arguments.ID, "payload": m.Arguments.Payload}
		return object{"outcomes": outcomes, "after": object{"arguments": own, "headers": m.Headers, "configuration": "same", "settings": settings()}}
	case "sign":
		text := string(m.Payload)
		if json.Unmarshal(m.Payload, &text) != nil {
			return object{"unsupported": "the SDK signs text only"}
		}
		signature, err := client.(*amazonpay.Client).GenerateButtonSignature(text)
		if err != nil {
			return fault(err)
		}
		return object{"signature": signature, "text": text}
	}
	return object{}
}

func main() {
	os.Stdout = os.Stderr // whatever the SDK prints is evidence, not an answer
	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		m := &message{}
		if err := json.Unmarshal(line, m); err != nil {
			panic(err)
		}
		go func() {
			done := do(m)
			done["id"], done["did"] = m.ID, m.Do
			text, _ := json.Marshal(done)
			writing.Lock()
			defer writing.Unlock()
			fmt.Fprintln(answers, string(text))
			if m.Do == "stop" {
				os.Exit(0)
			}
		}()
	}
}

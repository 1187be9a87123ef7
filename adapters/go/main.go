// Puts github.com/gotokatsuya/amazon-pay-sdk-go, unmodified, behind the adapter protocol.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"

	amazonpay "github.com/gotokatsuya/amazon-pay-sdk-go/amazonpay"
)

type object = map[string]any

type message struct {
	ID, Times                                                           int
	Do, Client, Operation, PublicKeyID, PrivateKey, Region, Environment string
	Algorithm, Endpoint                                                 *string
	Payload, Arguments                                                  json.RawMessage
	Headers                                                             map[string]string
}

// The SDK's methods, called by name: the operation's, with a capital.
var methods = []string{"getCheckoutSession", "updateCheckoutSession", "completeCheckoutSession", "getChargePermission", "closeChargePermission", "createCharge", "createRefund", "getRefund"}

var clients sync.Map

// settings gives what the whole process shares, and an SDK has no business to change.
func settings() object {
	found := object{"default client timeout": http.DefaultClient.Timeout.String()}
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		found[name] = value
	}
	return found
}

func unsupported(what string) object { return object{"unsupported": "the SDK " + what} }

func fault(err error, response *http.Response) object {
	found := object{"type": strings.TrimPrefix(fmt.Sprintf("%T", err), "*"), "message": err.Error()}
	if response != nil {
		found["status"], found["requestId"] = response.StatusCode, response.Header.Get("x-amz-pay-request-id")
	}
	return object{"raised": found}
}

// once calls a function of the SDK, and tells what it gave back.
func once(function reflect.Value, values []reflect.Value) object {
	got := function.Call(values)
	response, _ := got[1].Interface().(*http.Response)
	if err, _ := got[2].Interface().(error); err != nil {
		return fault(err, response)
	}
	return object{"returned": object{"status": response.StatusCode, "body": got[0].Interface(), "text": nil, "requestId": response.Header.Get("x-amz-pay-request-id"), "unreadable": nil}}
}

func call(m *message) object {
	var given struct {
		ID, Method, Path string
		Payload          json.RawMessage
		Query            map[string]string
	}
	json.Unmarshal(m.Arguments, &given)
	if len(m.Headers) > 0 || len(given.Query) > 0 {
		return unsupported("takes no headers and no query from its caller")
	}
	kept, _ := clients.Load(m.Client)
	client, values := kept.(*amazonpay.Client), []reflect.Value{}
	// The SDK's general way, for what it has no method for.
	function := reflect.ValueOf(func() (any, *http.Response, error) {
		var payload any
		if len(given.Payload) > 0 {
			payload = given.Payload
		}
		request, err := client.NewRequest(given.Method, amazonpay.APIVersion+"/"+given.Path, payload)
		if err != nil {
			return nil, nil, err
		}
		body := object{}
		response, err := client.Do(context.Background(), request, &body)
		return body, response, err
	})
	if m.Operation != "request" {
		if !slices.Contains(methods, m.Operation) {
			return unsupported("has no " + m.Operation)
		}
		function = reflect.ValueOf(client).MethodByName(strings.ToUpper(m.Operation[:1]) + m.Operation[1:])
		values = append(values, reflect.ValueOf(context.Background()))
		if given.ID != "" {
			values = append(values, reflect.ValueOf(given.ID))
		}
		if len(values) < function.Type().NumIn() {
			payload := reflect.New(function.Type().In(len(values)).Elem())
			if json.Unmarshal(given.Payload, payload.Interface()) != nil {
				return unsupported("takes a payload of its own type only")
			}
			values = append(values, payload)
		}
	}
	outcomes := []object{}
	for time := 0; time < m.Times; time++ {
		outcomes = append(outcomes, once(function, values))
	}
	return object{"outcomes": outcomes, "after": object{"arguments": m.Arguments, "headers": m.Headers, "configuration": "same", "settings": settings()}}
}

func do(m *message) object {
	kept, _ := clients.Load(m.Client)
	switch m.Do {
	case "start":
		return object{"protocol": 1, "language": "go", "runtime": runtime.Version(), "sdk": "github.com/gotokatsuya/amazon-pay-sdk-go", "version": os.Getenv("ADAPTER_SDK_VERSION"), "offers": append(methods, "request"), "settings": settings()}
	case "configure":
		if m.Endpoint != nil || m.Algorithm != nil && *m.Algorithm != "AMZN-PAY-RSASSA-PSS" {
			return unsupported("has no option for another host or algorithm")
		}
		made, err := amazonpay.New(m.PublicKeyID, []byte(m.PrivateKey), m.Region, m.Environment == "sandbox", &http.Client{})
		if err != nil {
			return fault(err, nil)
		}
		clients.Store(m.Client, made)
	case "call":
		return call(m)
	case "sign":
		var text string
		if json.Unmarshal(m.Payload, &text) != nil {
			return unsupported("signs text only")
		}
		signature, err := kept.(*amazonpay.Client).GenerateButtonSignature(text)
		if err != nil {
			return fault(err, nil)
		}
		return object{"signature": signature, "text": text}
	}
	return object{}
}

func main() {
	answers, lines, writing := os.Stdout, bufio.NewReader(os.Stdin), sync.Mutex{}
	os.Stdout = os.Stderr // whatever the SDK prints is evidence, not an answer
	for line, err := lines.ReadBytes('\n'); err == nil; line, err = lines.ReadBytes('\n') {
		go func() {
			m := &message{}
			json.Unmarshal(line, m)
			done := do(m)
			done["id"], done["did"] = m.ID, m.Do
			writing.Lock()
			defer writing.Unlock()
			json.NewEncoder(answers).Encode(done)
			if m.Do == "stop" {
				os.Exit(0)
			}
		}()
	}
}

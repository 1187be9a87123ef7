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
	"reflect"
	"runtime"
	"strings"
	"sync"

	amazonpay "github.com/gotokatsuya/amazon-pay-sdk-go/amazonpay"
)

type object = map[string]any

type arguments struct {
	ID, Method, Path string
	Payload          json.RawMessage
	Query            map[string]string
}

type message struct {
	ID                                           int
	Do, Client, Operation                        string
	PublicKeyID, PrivateKey, Region, Environment string
	Algorithm, Endpoint                          *string
	Payload                                      json.RawMessage
	Arguments                                    json.RawMessage
	Headers                                      map[string]string
	Times                                        int
}

// The SDK's methods: whether they take an id, and a new value of the type that they take.
var methods = map[string]struct {
	id      bool
	request func() any
}{
	"getCheckoutSession":      {true, nil},
	"updateCheckoutSession":   {true, func() any { return &amazonpay.UpdateCheckoutSessionRequest{} }},
	"completeCheckoutSession": {true, func() any { return &amazonpay.CompleteCheckoutSessionRequest{} }},
	"getChargePermission":     {true, nil},
	"closeChargePermission":   {true, func() any { return &amazonpay.CloseChargePermissionRequest{} }},
	"createCharge":            {false, func() any { return &amazonpay.CreateChargeRequest{} }},
	"createRefund":            {false, func() any { return &amazonpay.CreateRefundRequest{} }},
	"getRefund":               {true, nil},
}

var clients sync.Map

// settings gives what the whole process shares, and an SDK has no business to change.
func settings() object {
	found := object{"default transport": fmt.Sprintf("%p", http.DefaultTransport), "default client timeout": http.DefaultClient.Timeout.String()}
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		found[name] = value
	}
	return found
}

func unsupported(what string) object { return object{"unsupported": "the SDK " + what} }

func fault(err error, response *http.Response) object {
	kind := "error"
	if inner := errors.Unwrap(err); inner != nil {
		kind = strings.TrimPrefix(fmt.Sprintf("%T", inner), "*")
	}
	found := object{"type": kind, "message": err.Error()}
	if response != nil {
		found["status"], found["requestId"] = response.StatusCode, response.Header.Get("x-amz-pay-request-id")
	}
	return object{"raised": found}
}

// once calls the SDK once: by its method for the operation, or by its general way.
func once(client *amazonpay.Client, operation string, given arguments, payload any) (outcome object) {
	defer func() {
		if broken := recover(); broken != nil {
			outcome = object{"raised": object{"type": "panic", "message": fmt.Sprint(broken)}}
		}
	}()
	var body any
	var response *http.Response
	var err error
	if operation == "request" {
		var request *http.Request
		if request, err = client.NewRequest(given.Method, amazonpay.APIVersion+"/"+given.Path, payload); err == nil {
			body = &object{}
			response, err = client.Do(context.Background(), request, body)
		}
	} else {
		values := []reflect.Value{reflect.ValueOf(context.Background())}
		if methods[operation].id {
			values = append(values, reflect.ValueOf(given.ID))
		}
		if payload != nil {
			values = append(values, reflect.ValueOf(payload))
		}
		name := strings.ToUpper(operation[:1]) + operation[1:]
		got := reflect.ValueOf(client).MethodByName(name).Call(values)
		body = got[0].Interface()
		response, _ = got[1].Interface().(*http.Response)
		err, _ = got[2].Interface().(error)
	}
	if err != nil {
		return fault(err, response)
	}
	return object{"returned": object{"status": response.StatusCode, "body": body, "text": nil, "requestId": response.Header.Get("x-amz-pay-request-id"), "unreadable": nil}}
}

func call(m *message) object {
	var given arguments
	json.Unmarshal(m.Arguments, &given)
	method, known := methods[m.Operation]
	if !known && m.Operation != "request" {
		return unsupported("has no " + m.Operation)
	}
	if len(m.Headers) > 0 || len(given.Query) > 0 {
		return unsupported("takes no headers and no query from its caller")
	}
	var payload any
	if known && method.request != nil {
		payload = method.request()
		if json.Unmarshal(given.Payload, payload) != nil {
			return unsupported("takes a payload of its own type only")
		}
	} else if len(given.Payload) > 0 {
		payload = given.Payload
	}
	before, _ := json.Marshal(payload)
	client, _ := clients.Load(m.Client)
	outcomes := []object{}
	for time := 0; time < m.Times; time++ {
		outcomes = append(outcomes, once(client.(*amazonpay.Client), m.Operation, given, payload))
	}
	own := object{}
	json.Unmarshal(m.Arguments, &own)
	if after, _ := json.Marshal(payload); string(after) != string(before) {
		own["payload"] = json.RawMessage(after)
	}
	return object{"outcomes": outcomes, "after": object{"arguments": own, "headers": m.Headers, "configuration": "same", "settings": settings()}}
}

func configure(m *message) object {
	if m.Endpoint != nil || m.Algorithm != nil && *m.Algorithm != "AMZN-PAY-RSASSA-PSS" {
		return unsupported("has no option for another host or algorithm")
	}
	made, err := amazonpay.New(m.PublicKeyID, []byte(m.PrivateKey), m.Region, m.Environment == "sandbox", &http.Client{})
	if err != nil {
		return fault(err, nil)
	}
	clients.Store(m.Client, made)
	return object{}
}

func sign(m *message) object {
	var text string
	if json.Unmarshal(m.Payload, &text) != nil {
		return unsupported("signs text only")
	}
	client, _ := clients.Load(m.Client)
	signature, err := client.(*amazonpay.Client).GenerateButtonSignature(text)
	if err != nil {
		return fault(err, nil)
	}
	return object{"signature": signature, "text": text}
}

func start(*message) object {
	offers := []string{"request"}
	for name := range methods {
		offers = append(offers, name)
	}
	return object{"protocol": 1, "language": "go", "runtime": runtime.Version(), "sdk": "github.com/gotokatsuya/amazon-pay-sdk-go", "version": os.Getenv("ADAPTER_SDK_VERSION"), "offers": offers, "settings": settings()}
}

func main() {
	answers, lines, writing := os.Stdout, bufio.NewReader(os.Stdin), sync.Mutex{}
	os.Stdout = os.Stderr // whatever the SDK prints is evidence, not an answer
	handlers := map[string]func(*message) object{"start": start, "configure": configure, "call": call, "sign": sign, "stop": func(*message) object { return object{} }}
	for line, err := lines.ReadBytes('\n'); err == nil; line, err = lines.ReadBytes('\n') {
		m := &message{}
		if json.Unmarshal(line, m) != nil {
			os.Exit(1)
		}
		go func() {
			done := handlers[m.Do](m)
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

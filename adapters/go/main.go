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
	"strings"
	"sync"

	amazonpay "github.com/gotokatsuya/amazon-pay-sdk-go/amazonpay"
)

type object = map[string]any

type message struct {
	ID, Times                                                           int
	Do, Client, Operation, PublicKeyID, PrivateKey, Region, Environment string
	Algorithm, Endpoint                                                 *string
	Payload                                                             any
	Headers, Arguments                                                  object
}

var clients sync.Map

// offers lists the methods that give three things back, as each for an operation does.
func offers() []string {
	found, kind := []string{"request"}, reflect.TypeFor[*amazonpay.Client]()
	for i := range kind.NumMethod() {
		if name := kind.Method(i).Name; kind.Method(i).Type.NumOut() == 3 {
			found = append(found, strings.ToLower(name[:1])+name[1:])
		}
	}
	return found
}

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

func raised(err error, response *http.Response) object {
	found := object{"type": strings.TrimPrefix(fmt.Sprintf("%T", err), "*"), "message": err.Error(), "printed": fmt.Sprintf("%+v", err)}
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
		return raised(err, response)
	}
	headers := object{}
	for name := range response.Header {
		headers[strings.ToLower(name)] = response.Header.Get(name)
	}
	return object{"returned": object{"status": response.StatusCode, "body": got[0].Interface(), "text": nil, "requestId": response.Header.Get("x-amz-pay-request-id"), "unreadable": nil, "headers": headers, "printed": fmt.Sprintf("%+v %+v", got[0], response)}}
}

func call(m *message, client *amazonpay.Client) object {
	if len(m.Headers) > 0 || m.Arguments["query"] != nil {
		return unsupported("takes no headers and no query from its caller")
	}
	// The SDK's general way, for what it has no method for.
	function, values := reflect.ValueOf(func() (any, *http.Response, error) {
		body, response := object{}, (*http.Response)(nil)
		request, err := client.NewRequest(m.Arguments["method"].(string), amazonpay.APIVersion+"/"+m.Arguments["path"].(string), m.Arguments["payload"])
		if err == nil {
			response, err = client.Do(context.Background(), request, &body)
		}
		return body, response, err
	}), []reflect.Value{}
	if m.Operation != "request" {
		if function = reflect.ValueOf(client).MethodByName(strings.ToUpper(m.Operation[:1]) + m.Operation[1:]); !function.IsValid() {
			return unsupported("has no " + m.Operation)
		}
		values = append(values, reflect.ValueOf(context.Background()))
		if id, there := m.Arguments["id"]; there {
			values = append(values, reflect.ValueOf(id))
		}
		if len(values) < function.Type().NumIn() {
			payload := reflect.New(function.Type().In(len(values))) // a pointer to a pointer: JSON null is nil
			text, _ := json.Marshal(m.Arguments["payload"])
			if json.Unmarshal(text, payload.Interface()) != nil {
				return unsupported("takes a payload of its own type only")
			}
			values = append(values, payload.Elem())
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
	client, _ := kept.(*amazonpay.Client)
	switch m.Do {
	case "start":
		return object{"protocol": 1, "language": "go", "runtime": runtime.Version(), "sdk": "github.com/gotokatsuya/amazon-pay-sdk-go", "version": os.Getenv("ADAPTER_SDK_VERSION"), "offers": offers(), "settings": settings()}
	case "configure":
		if m.Endpoint != nil || m.Algorithm != nil && *m.Algorithm != "AMZN-PAY-RSASSA-PSS" {
			return unsupported("has no option for another host or algorithm")
		}
		made, err := amazonpay.New(m.PublicKeyID, []byte(m.PrivateKey), m.Region, m.Environment == "sandbox", &http.Client{})
		if err != nil {
			return raised(err, nil)
		}
		clients.Store(m.Client, made)
		return object{"printed": fmt.Sprintf("%+v", made)}
	case "call":
		return call(m, client)
	case "sign":
		text, plain := m.Payload.(string)
		if !plain {
			return unsupported("signs text only")
		}
		signature, err := client.GenerateButtonSignature(text)
		if err != nil {
			return raised(err, nil)
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

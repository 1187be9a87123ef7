// Package amazonpay stands in for the SDK: it has the names that the adapter uses, and calls nobody.
package amazonpay

import (
	"context"
	"errors"
	"net/http"
)

const APIVersion = "v2"

type Client struct{ PublicKeyID string }

type Refund struct {
	RefundID string `json:"refundId"`
}

func New(publicKeyID string, _ []byte, _ string, _ bool, _ *http.Client) (*Client, error) {
	if publicKeyID == "" {
		return nil, errors.New("there is no public key id")
	}
	return &Client{publicKeyID}, nil
}

func (c *Client) NewRequest(method, path string, _ any) (*http.Request, error) {
	return http.NewRequest(method, "https://pay-api.amazon.com/"+path, nil)
}

func (c *Client) Do(context.Context, *http.Request, any) (*http.Response, error) {
	return nil, errors.New("nobody is called")
}

func (c *Client) GetRefund(_ context.Context, id string) (*Refund, *http.Response, error) {
	headers := http.Header{"X-Amz-Pay-Request-Id": {"request-1"}}
	return &Refund{id}, &http.Response{StatusCode: 200, Header: headers}, nil
}

func (c *Client) GenerateButtonSignature(payload string) (string, error) {
	return "signature of " + payload, nil
}

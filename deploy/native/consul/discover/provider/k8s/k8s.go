// Package k8s stands in for the finder in Kubernetes. See package discover.
package k8s

import (
	"errors"
	"log"
)

// Provider finds nothing.
type Provider struct{}

// Addrs always fails.
func (*Provider) Addrs(map[string]string, *log.Logger) ([]string, error) {
	return nil, errors.New("this build of Consul knows no Kubernetes: join by plain addresses")
}

// Help has nothing to say.
func (*Provider) Help() string { return "" }

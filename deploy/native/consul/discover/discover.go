// Package discover stands in for Consul's finder of servers in public clouds, whose SDKs are most of what a build of
// Consul compiles. It knows no cloud: servers are joined by plain addresses, which Consul handles by itself.
package discover

import (
	"errors"
	"log"
)

// Provider finds addresses in one cloud.
type Provider interface {
	Addrs(args map[string]string, logger *log.Logger) ([]string, error)
	Help() string
}

// Providers has none.
var Providers = map[string]Provider{}

// Discover finds nothing, and says so.
type Discover struct{}

// Option is accepted and has no effect.
type Option func(*Discover) error

// New never fails.
func New(...Option) (*Discover, error) { return &Discover{}, nil }

// WithUserAgent has no effect.
func WithUserAgent(string) Option { return nil }

// WithProviders has no effect.
func WithProviders(map[string]Provider) Option { return nil }

// Names has none.
func (*Discover) Names() []string { return nil }

// Addrs always fails.
func (*Discover) Addrs(string, *log.Logger) ([]string, error) {
	return nil, errors.New("this build of Consul knows no clouds: join by plain addresses")
}

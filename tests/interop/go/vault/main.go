// SPDX-License-Identifier: Apache-2.0

// A Vault server for tests: the real core with its store in memory, the transit and the kv engines, nothing else.
//
// Initialises and unseals itself, then writes one line with its address and its root token to standard
// output. With two arguments (PEM files of a certificate and its key) it speaks TLS. Listens on loopback.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/hashicorp/go-hclog"
	kv "github.com/hashicorp/vault-plugin-secrets-kv"
	"github.com/hashicorp/vault/builtin/logical/transit"
	vaulthttp "github.com/hashicorp/vault/http"
	"github.com/hashicorp/vault/internalshared/configutil"
	"github.com/hashicorp/vault/sdk/helper/consts"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/hashicorp/vault/sdk/physical/inmem"
	"github.com/hashicorp/vault/vault"
)

var engines = map[string]logical.Factory{"transit": transit.Factory, "kv": kv.Factory}

func main() {
	core, token := unsealed()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	handler := vaulthttp.Handler.Handler(&vault.HandlerProperties{
		Core:           core,
		ListenerConfig: &configutil.Listener{Address: listener.Addr().String()},
	})
	server := &http.Server{Handler: handler, ErrorLog: log.New(io.Discard, "", 0)}
	fmt.Println(listener.Addr().String(), token)
	if len(os.Args) == 3 {
		check(server.ServeTLS(listener, os.Args[1], os.Args[2]))
	}
	check(server.Serve(listener))
}

func unsealed() (*vault.Core, string) {
	logger := hclog.NewNullLogger()
	store, err := inmem.NewInmem(nil, logger)
	check(err)
	core, err := vault.NewCore(&vault.CoreConfig{
		Physical:        store,
		Logger:          logger,
		DisableMlock:    true,
		LogicalBackends: engines,
		BuiltinRegistry: builtin{},
	})
	check(err)
	shares := &vault.SealConfig{SecretShares: 1, SecretThreshold: 1}
	made, err := core.Initialize(context.Background(), &vault.InitParams{BarrierConfig: shares, RecoveryConfig: nil})
	check(err)
	_, err = core.Unseal(made.SecretShares[0])
	check(err)
	return core, made.RootToken
}

// builtin says of the engines that they came with the server.
type builtin struct{}

func (builtin) Contains(name string, kind consts.PluginType) bool {
	_, known := engines[name]
	return known && kind == consts.PluginTypeSecrets
}

func (b builtin) Get(name string, kind consts.PluginType) (func() (interface{}, error), bool) {
	return func() (interface{}, error) { return engines[name], nil }, b.Contains(name, kind)
}

func (b builtin) Keys(kind consts.PluginType) []string {
	names := []string{}
	for name := range engines {
		if b.Contains(name, kind) {
			names = append(names, name)
		}
	}
	return names
}

func (b builtin) DeprecationStatus(name string, kind consts.PluginType) (consts.DeprecationStatus, bool) {
	return consts.Supported, b.Contains(name, kind)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

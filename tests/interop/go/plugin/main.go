// SPDX-License-Identifier: Apache-2.0

// A plugin in Go, with nothing but the standard library: signs with a P-256 key in a PEM file.
// The key id is the path of the key file NAME.key, in PKCS #8; NAME.crt holds the chain.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"strings"
)

type request struct {
	ContractVersion string `json:"contractVersion"`
	KeyID           string `json:"keyId"`
	KeySpec         string `json:"keySpec"`
	HashAlgorithm   string `json:"hashAlgorithm"`
	Payload         []byte `json:"payload"`
}

func refuse(code, message string) {
	json.NewEncoder(os.Stderr).Encode(map[string]string{"errorCode": code, "errorMessage": message})
	os.Exit(1)
}

func answer(document map[string]any) {
	json.NewEncoder(os.Stdout).Encode(document)
}

func metadata() map[string]any {
	return map[string]any{
		"name":                      "golang",
		"description":               "Signs with a P-256 key file",
		"version":                   "1.0.0",
		"url":                       "https://golang.example",
		"supportedContractVersions": []string{"1.0"},
		"capabilities":              []string{"SIGNATURE_GENERATOR.RAW"},
	}
}

func load(keyID string) (*ecdsa.PrivateKey, [][]byte) {
	data, err := os.ReadFile(keyID)
	if err != nil {
		refuse("VALIDATION_ERROR", "there is no such key file")
	}
	block, _ := pem.Decode(data)
	if block == nil {
		refuse("VALIDATION_ERROR", "the key file is not PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	key, ok := parsed.(*ecdsa.PrivateKey)
	if err != nil || !ok || key.Curve != elliptic.P256() {
		refuse("VALIDATION_ERROR", "the key is not a P-256 key in PKCS #8")
	}
	rest, err := os.ReadFile(strings.TrimSuffix(keyID, ".key") + ".crt")
	if err != nil {
		refuse("VALIDATION_ERROR", "there is no certificate file")
	}
	var chain [][]byte
	for {
		block, rest = pem.Decode(rest)
		if block == nil {
			return key, chain
		}
		chain = append(chain, block.Bytes)
	}
}

func sign(asked request) map[string]any {
	key, chain := load(asked.KeyID)
	if asked.KeySpec != "EC-256" || asked.HashAlgorithm != "SHA-256" || len(asked.Payload) == 0 {
		refuse("VALIDATION_ERROR", "a payload is needed, for EC-256 and SHA-256")
	}
	digest := sha256.Sum256(asked.Payload)
	r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
	if err != nil {
		refuse("ERROR", "signing failed")
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return map[string]any{
		"keyId":            asked.KeyID,
		"signature":        signature,
		"signingAlgorithm": "ECDSA-SHA-256",
		"certificateChain": chain,
	}
}

func main() {
	if len(os.Args) != 2 {
		refuse("VALIDATION_ERROR", "expected one argument, a command")
	}
	data, err := io.ReadAll(os.Stdin)
	var asked request
	if err == nil {
		err = json.Unmarshal(data, &asked)
	}
	if err != nil {
		refuse("VALIDATION_ERROR", fmt.Sprintf("the request cannot be read: %v", err))
	}
	command := os.Args[1]
	if command == "get-plugin-metadata" {
		answer(metadata())
		return
	}
	if asked.KeyID == "" || asked.ContractVersion == "" {
		refuse("VALIDATION_ERROR", "contractVersion and keyId are needed")
	}
	if asked.ContractVersion != "1.0" {
		refuse("UNSUPPORTED_CONTRACT_VERSION", "only contract version 1.0 is supported")
	}
	switch command {
	case "describe-key":
		load(asked.KeyID)
		answer(map[string]any{"keyId": asked.KeyID, "keySpec": "EC-256"})
	case "generate-signature":
		answer(sign(asked))
	default:
		refuse("VALIDATION_ERROR", "unknown command")
	}
}

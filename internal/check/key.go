package check

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"hash"
)

// decryptKey returns the private key of a PEM file without its encryption: that of the file itself (RFC 1421), or that of
// PKCS #8 (RFC 5958) with PBES2 (RFC 8018 section 6.2), which is what programs write today.
func decryptKey(text, password []byte) ([]byte, error) {
	for rest := text; ; {
		var b *pem.Block
		b, rest = pem.Decode(rest)
		if b == nil {
			return text, nil
		}
		var der []byte
		var err error
		//lint:ignore SA1019 keys encrypted in this way are what people have
		switch encrypted := x509.IsEncryptedPEMBlock(b); {
		case b.Type == "ENCRYPTED PRIVATE KEY":
			b.Type = "PRIVATE KEY"
			der, err = decryptPKCS8(b.Bytes, password)
		case encrypted:
			//lint:ignore SA1019 as above
			der, err = x509.DecryptPEMBlock(b, password)
		default:
			continue
		}
		if err != nil {
			return nil, err
		}
		return pem.EncodeToMemory(&pem.Block{Type: b.Type, Bytes: der}), nil
	}
}

// The structures of RFC 5958 section 3 and RFC 8018 appendix A.
type (
	encryptedKey struct {
		Algorithm pkix.AlgorithmIdentifier
		Data      []byte
	}
	pbes2 struct {
		KDF, Cipher pkix.AlgorithmIdentifier
	}
	pbkdf2Params struct {
		Salt       []byte
		Iterations int
		KeyLength  int                      `asn1:"optional"`
		PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
	}
)

const (
	oidPBES2  = "1.2.840.113549.1.5.13"
	oidPBKDF2 = "1.2.840.113549.1.5.12"
)

// maxIterations bounds the work that a file may ask for.
const maxIterations = 10_000_000

var (
	errPassword   = errors.New("the password does not fit the key")
	errEncryption = errors.New("the key is encrypted in an unknown way")
)

func decryptPKCS8(der, password []byte) ([]byte, error) {
	var k encryptedKey
	var p pbes2
	var kdf pbkdf2Params
	if _, err := asn1.Unmarshal(der, &k); err != nil {
		return nil, fmt.Errorf("cannot read the key: %w", err)
	}
	if k.Algorithm.Algorithm.String() != oidPBES2 {
		return nil, errEncryption
	}
	if _, err := asn1.Unmarshal(k.Algorithm.Parameters.FullBytes, &p); err != nil {
		return nil, fmt.Errorf("cannot read the key: %w", err)
	}
	if p.KDF.Algorithm.String() != oidPBKDF2 {
		return nil, errEncryption
	}
	if _, err := asn1.Unmarshal(p.KDF.Parameters.FullBytes, &kdf); err != nil {
		return nil, fmt.Errorf("cannot read the key: %w", err)
	}
	var iv []byte
	if _, err := asn1.Unmarshal(p.Cipher.Parameters.FullBytes, &iv); err != nil {
		return nil, fmt.Errorf("cannot read the key: %w", err)
	}
	h := prfOf(kdf.PRF)
	length, block := cipherOf(p.Cipher)
	if h == nil || block == nil || kdf.Iterations > maxIterations {
		return nil, errEncryption
	}
	secret, err := pbkdf2.Key(h, string(password), kdf.Salt, kdf.Iterations, length)
	if err != nil {
		return nil, err
	}
	c, err := block(secret)
	if err != nil {
		return nil, err
	}
	if len(iv) != c.BlockSize() || len(k.Data) == 0 || len(k.Data)%c.BlockSize() != 0 {
		return nil, errPassword
	}
	cipher.NewCBCDecrypter(c, iv).CryptBlocks(k.Data, k.Data)
	return unpad(k.Data, c.BlockSize())
}

// prfOf returns the hash of the pseudorandom function; the default is HMAC with SHA-1.
func prfOf(a pkix.AlgorithmIdentifier) func() hash.Hash {
	switch a.Algorithm.String() {
	case "", "1.2.840.113549.2.7":
		return sha1.New
	case "1.2.840.113549.2.9":
		return sha256.New
	case "1.2.840.113549.2.10":
		return sha512.New384
	case "1.2.840.113549.2.11":
		return sha512.New
	}
	return nil
}

// cipherOf returns the length of the secret in bytes, and the cipher.
func cipherOf(a pkix.AlgorithmIdentifier) (int, func([]byte) (cipher.Block, error)) {
	switch a.Algorithm.String() {
	case "2.16.840.1.101.3.4.1.2":
		return 16, aes.NewCipher
	case "2.16.840.1.101.3.4.1.22":
		return 24, aes.NewCipher
	case "2.16.840.1.101.3.4.1.42":
		return 32, aes.NewCipher
	case "1.2.840.113549.3.7":
		return 24, des.NewTripleDESCipher
	}
	return 0, nil
}

// unpad takes away the padding (RFC 8018 section 6.1.1): another one means another password.
func unpad(b []byte, size int) ([]byte, error) {
	n := int(b[len(b)-1])
	if n == 0 || n > size || !bytes.HasSuffix(b, bytes.Repeat([]byte{byte(n)}, n)) {
		return nil, errPassword
	}
	return b[:len(b)-n], nil
}

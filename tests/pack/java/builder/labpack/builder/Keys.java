package labpack.builder;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.math.BigInteger;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.RSAPrivateCrtKeySpec;
import java.util.Random;

/**
 * The likeness of the stock key pair: RSA 1024, SHA-1, CN=localhost, no SAN (real-run 8). It is the same in every pack and
 * no secret, as the real one is: made from a fixed seed, so that the same inputs give the same bytes.
 */
final class Keys {
    private static final long CREATED = 1451606400000L;
    private static final String PASSWORD = "wso2carbon";

    final byte[] keystore;
    final byte[] truststore;

    Keys() throws Exception {
        Random seeded = new Random(4900);
        BigInteger e = BigInteger.valueOf(65537);
        BigInteger p = prime(seeded, e);
        BigInteger q = prime(seeded, e);
        BigInteger p1 = p.subtract(BigInteger.ONE);
        BigInteger q1 = q.subtract(BigInteger.ONE);
        BigInteger d = e.modInverse(p1.multiply(q1));
        BigInteger n = p.multiply(q);
        PrivateKey key = KeyFactory.getInstance("RSA").generatePrivate(new RSAPrivateCrtKeySpec(n, e, d, p, q, d.mod(p1),
                d.mod(q1), q.modInverse(p)));
        byte[] certificate = certificate(n, e, key);
        keystore = store(1, protectedKey(key.getEncoded()), certificate);
        truststore = store(2, null, certificate);
    }

    /** The top two bits are set, so that the product has 1024. */
    private static BigInteger prime(Random seeded, BigInteger e) {
        while (true) {
            BigInteger p = new BigInteger(512, seeded).setBit(511).setBit(510).setBit(0);
            if (p.isProbablePrime(80) && p.subtract(BigInteger.ONE).gcd(e).equals(BigInteger.ONE)) {
                return p;
            }
        }
    }

    private static byte[] certificate(BigInteger n, BigInteger e, PrivateKey key) throws Exception {
        byte[] sha1WithRsa = der(0x30, oid(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5), der(5));
        byte[] rsa = der(0x30, oid(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1), der(5));
        byte[] name = der(0x30, attribute(6, "US"), attribute(10, "lab pack"), attribute(3, "localhost"));
        byte[] validity = der(0x30, der(0x17, Jars.utf8("160101000000Z")), der(0x17, Jars.utf8("360101000000Z")));
        byte[] bits = der(0x30, der(2, n.toByteArray()), der(2, e.toByteArray()));
        byte[] body = der(0x30, der(0xa0, der(2, new byte[] {2})), der(2, new byte[] {1}), sha1WithRsa, name, validity, name,
                der(0x30, rsa, der(3, join(new byte[] {0}, bits))));
        Signature signature = Signature.getInstance("SHA1withRSA");
        signature.initSign(key);
        signature.update(body);
        return der(0x30, body, sha1WithRsa, der(3, join(new byte[] {0}, signature.sign())));
    }

    private static byte[] attribute(int kind, String value) throws Exception {
        return der(0x31, der(0x30, oid(0x55, 4, kind), der(kind == 6 ? 0x13 : 0x0c, Jars.utf8(value))));
    }

    private static byte[] oid(int... bytes) throws Exception {
        byte[] b = new byte[bytes.length];
        for (int i = 0; i < b.length; i++) {
            b[i] = (byte) bytes[i];
        }
        return der(6, b);
    }

    private static byte[] der(int tag, byte[]... parts) throws Exception {
        byte[] content = join(parts);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(tag);
        if (content.length < 128) {
            out.write(content.length);
        } else {
            byte[] length = BigInteger.valueOf(content.length).toByteArray();
            int skip = length[0] == 0 ? 1 : 0;
            out.write(0x80 | length.length - skip);
            out.write(length, skip, length.length - skip);
        }
        out.write(content);
        return out.toByteArray();
    }

    private static byte[] join(byte[]... parts) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.write(part);
        }
        return out.toByteArray();
    }

    private static byte[] wide(String password) {
        byte[] out = new byte[password.length() * 2];
        for (int i = 0; i < password.length(); i++) {
            out[2 * i + 1] = (byte) password.charAt(i);
        }
        return out;
    }

    private static byte[] sha1(byte[]... parts) throws Exception {
        return MessageDigest.getInstance("SHA-1").digest(join(parts));
    }

    /** The JKS format's own key protection, with a fixed salt. */
    private static byte[] protectedKey(byte[] plain) throws Exception {
        byte[] password = wide(PASSWORD);
        byte[] salt = sha1(Jars.utf8("lab pack"));
        byte[] hidden = new byte[plain.length];
        byte[] digest = salt;
        for (int i = 0; i < plain.length; i++) {
            if (i % 20 == 0) {
                digest = sha1(password, digest);
            }
            hidden[i] = (byte) (plain[i] ^ digest[i % 20]);
        }
        byte[] algorithm = der(0x30, oid(0x2b, 6, 1, 4, 1, 0x2a, 2, 0x11, 1, 1), der(5));
        return der(0x30, algorithm, der(4, salt, hidden, sha1(password, plain)));
    }

    /** Version 2 of the JKS format, one entry: 1 is a key with its chain, 2 a trusted certificate. */
    private static byte[] store(int kind, byte[] key, byte[] certificate) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeInt(0xfeedfeed);
        out.writeInt(2);
        out.writeInt(1);
        out.writeInt(kind);
        out.writeUTF("wso2carbon");
        out.writeLong(CREATED);
        if (kind == 1) {
            out.writeInt(key.length);
            out.write(key);
            out.writeInt(1);
        }
        out.writeUTF("X.509");
        out.writeInt(certificate.length);
        out.write(certificate);
        out.write(sha1(wide(PASSWORD), Jars.utf8("Mighty Aphrodite"), bytes.toByteArray()));
        return bytes.toByteArray();
    }
}

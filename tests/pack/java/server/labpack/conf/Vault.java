package labpack.conf;

import java.io.File;
import java.io.FileInputStream;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.Key;
import java.security.KeyStore;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import javax.crypto.Cipher;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/**
 * The secure vault: where secret-conf.properties names a provider, names of secrets stand in configuration files instead of
 * passwords, and the server asks for them by fixed names (carbon 1.9, real-run 12; kernel 4.4.19's ServerConfiguration and
 * RealmConfigXMLProcessor, library org.wso2.securevault 1.1.0).
 */
final class Vault {
    private static final String NAMES = "svns:secretAlias";

    /** Without a vault this is empty and all files are taken as they stand. */
    private final Map<String, String> secrets = new HashMap<>();

    /** Waits for ever, without a word, where nobody has left the keystore's password (real-run 12). */
    Vault(File home) throws Exception {
        Properties conf = properties(new File(home, "repository/conf/security/secret-conf.properties"));
        if (conf.getProperty("carbon.secretProvider") == null) {
            return;
        }
        String password = password(home);
        if (password == null) {
            Thread.sleep(Long.MAX_VALUE);
        }
        KeyStore store = KeyStore.getInstance(conf.getProperty("keystore.identity.type"));
        try (InputStream in = new FileInputStream(conf.getProperty("keystore.identity.location"))) {
            store.load(in, password.toCharArray());
        }
        Key key = store.getKey(conf.getProperty("keystore.identity.alias"), password.toCharArray());
        Properties texts = properties(new File(home, conf.getProperty("secretRepositories.file.location")));
        // All are opened at once: one that is no cipher text, such as the stock file's [admin], ends the start.
        for (String name : texts.stringPropertyNames()) {
            Cipher cipher = Cipher.getInstance("RSA");
            cipher.init(Cipher.DECRYPT_MODE, key);
            byte[] text = Base64.getDecoder().decode(texts.getProperty(name).trim());
            secrets.put(name, new String(cipher.doFinal(text), StandardCharsets.UTF_8));
        }
    }

    /** `password` is renamed to be read once more, `password-tmp` is overwritten and deleted, `password-persist` stays. */
    private static String password(File home) throws Exception {
        File first = new File(home, "password");
        File once = new File(home, "password-tmp");
        File kept = new File(home, "password-persist");
        if (first.exists()) {
            String password = line(first);
            first.renameTo(once);
            return password;
        }
        if (once.exists()) {
            String password = line(once);
            try (RandomAccessFile out = new RandomAccessFile(once, "rw")) {
                out.write(new byte[32]);
            }
            Files.delete(once.toPath());
            return password;
        }
        // Kernel 4.2.0's handler knows no third file.
        boolean old = System.getProperty("labpack.pack.kernel", "").startsWith("4.2.");
        return kept.exists() && !old ? line(kept) : null;
    }

    private static String line(File file) throws Exception {
        return Files.readAllLines(file.toPath()).get(0);
    }

    private static Properties properties(File file) throws Exception {
        Properties properties = new Properties();
        if (file.exists()) {
            try (InputStream in = new FileInputStream(file)) {
                properties.load(in);
            }
        }
        return properties;
    }

    /** Puts the secrets of a file in place, as its reader does that asks by the path of an element behind this prefix. */
    void resolve(Element root, String prefix) {
        Set<String> named = new HashSet<>();
        names(root, named);
        resolve(root, prefix, "", named);
    }

    private static void names(Element at, Set<String> into) {
        if (at.hasAttribute(NAMES)) {
            into.add(at.getAttribute(NAMES));
        }
        for (Element child : Xml.children(at, null)) {
            names(child, into);
        }
    }

    private void resolve(Element at, String prefix, String path, Set<String> named) {
        for (Element child : Xml.children(at, null)) {
            String below = path + "." + Xml.local(child);
            String name = prefix + below;
            if (named.contains(name) && secrets.containsKey(name)) {
                child.setTextContent(secrets.get(name));
            }
            resolve(child, prefix, below, named);
            for (int i = 0; i < child.getAttributes().getLength(); i++) {
                Node attribute = child.getAttributes().item(i);
                String of = name + "." + attribute.getNodeName();
                if (named.contains(of) && secrets.containsKey(of)) {
                    attribute.setNodeValue(secrets.get(of));
                }
            }
        }
    }

    /** The secret of that name, where the element asks for it. */
    String of(Element element, String name, String otherwise) {
        boolean asks = element != null && name.equals(element.getAttribute(NAMES));
        return asks ? secrets.getOrDefault(name, otherwise) : otherwise;
    }
}

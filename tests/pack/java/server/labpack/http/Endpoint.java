package labpack.http;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.File;
import java.io.FileInputStream;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import labpack.conf.ServerConf;

/** One listening port on 0.0.0.0, plain or TLS with the stock keystore (real-run 1, 8). */
public final class Endpoint {
    private final HttpServer server;
    private final ExecutorService pool;

    private Endpoint(HttpServer server, ExecutorService pool) {
        this.server = server;
        this.pool = pool;
    }

    public static Endpoint open(int port, File keystore, Servlet servlet) throws Exception {
        InetSocketAddress address = new InetSocketAddress("0.0.0.0", port);
        HttpServer server;
        if (keystore == null) {
            server = HttpServer.create(address, 200);
        } else {
            HttpsServer secure = HttpsServer.create(address, 200);
            secure.setHttpsConfigurator(tls(keystore));
            server = secure;
        }
        ExecutorService pool = Executors.newCachedThreadPool(r -> {
            Thread t = new Thread(r, "http-" + port);
            t.setDaemon(true);
            return t;
        });
        server.setExecutor(pool);
        server.createContext("/", raw -> {
            try {
                servlet.serve(new Exchange(raw));
            } catch (Exception e) {
                System.out.println("request failed: " + e);
                raw.close();
            }
        });
        server.start();
        return new Endpoint(server, pool);
    }

    /** TLS 1.2 and AES suites only, as JDK 8 serves it (real-run 8). */
    private static HttpsConfigurator tls(File keystore) throws Exception {
        char[] password = ServerConf.get().keystorePassword.toCharArray();
        KeyStore store = KeyStore.getInstance("JKS");
        try (InputStream in = new FileInputStream(keystore)) {
            store.load(in, password);
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance("SunX509");
        keys.init(store, password);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        return new HttpsConfigurator(context) {
            @Override
            public void configure(HttpsParameters parameters) {
                SSLEngine engine = getSSLContext().createSSLEngine();
                List<String> suites = new ArrayList<>();
                for (String s : engine.getSupportedCipherSuites()) {
                    if (s.contains("RSA_WITH_AES") && !s.contains("anon")) {
                        suites.add(s);
                    }
                }
                javax.net.ssl.SSLParameters p = getSSLContext().getDefaultSSLParameters();
                p.setProtocols(new String[] {"TLSv1.2"});
                p.setCipherSuites(suites.toArray(new String[0]));
                parameters.setSSLParameters(p);
            }
        };
    }

    /** Cuts what is in flight: Carbon's stop is not graceful (real-run 9). */
    public void close() {
        server.stop(0);
        pool.shutdownNow();
    }
}

### Die wahrscheinliche harmlose Ursache eines ungültigen Zertifikats. Sie steht an erster Stelle, beginnt also mit der
### Ursache und endet damit, was zu tun ist.

diagnosis_clock_behind = Die Uhr dieses Computers geht wahrscheinlich nach: Sie zeigt { $clock }. Stellen Sie die Uhr richtig und verbinden Sie sich dann erneut.
diagnosis_clock_ahead = Die Uhr dieses Computers geht wahrscheinlich vor: Sie zeigt { $clock }. Stellen Sie die Uhr richtig und verbinden Sie sich dann erneut.
diagnosis_captive_portal = Wahrscheinlich müssen Sie sich zuerst in diesem Netzwerk anmelden: Statt des Servers antwortet dessen Anmeldeseite. Öffnen Sie einen Webbrowser, melden Sie sich an und verbinden Sie sich dann erneut. Das Zertifikat nennt { $issuer } als Aussteller, doch diesen Namen kann jeder hineinschreiben.
diagnosis_inspecting_proxy = { $product } überprüft wahrscheinlich die Verbindungen dieses Computers und zeigt ein eigenes Zertifikat. Bitten Sie Ihre IT-Abteilung, den Verwaltungsserver davon auszunehmen. Das Zertifikat nennt { $issuer } als Aussteller, doch diesen Namen kann jeder hineinschreiben.
diagnosis_same_issuer_elsewhere = Möglicherweise überprüft ein Proxy die Verbindungen dieses Computers: { $issuer } hat auch Zertifikate für { $servers } ausgestellt. Fragen Sie Ihre IT-Abteilung, ob das so ist oder ob alle diese Server zu Ihrem Unternehmen gehören.
diagnosis_perhaps_same_issuer_elsewhere = Möglicherweise überprüft ein Proxy die Verbindungen dieses Computers: Die Zertifikate von { $servers } nennen denselben Aussteller. Fragen Sie Ihre IT-Abteilung, ob ein Proxy Verbindungen überprüft oder ob alle diese Server zu Ihrem Unternehmen gehören. Der Aussteller nennt sich { $issuer }, doch diesen Namen kann jeder hineinschreiben.
diagnosis_renewed_by_same_issuer = Das Zertifikat wurde wahrscheinlich erneuert: Schlüssel und Aussteller sind dieselben wie zuvor. Ihre IT-Abteilung kann das bestätigen.
diagnosis_renewed_with_same_key = Das Zertifikat wurde wahrscheinlich erneuert: Der Schlüssel ist derselbe wie zuvor. Ihre IT-Abteilung kann das bestätigen.
diagnosis_perhaps_renewed = Das Zertifikat wurde möglicherweise erneuert: Es nennt denselben Aussteller wie zuvor, aber diesen Namen kann jeder hineinschreiben. Fragen Sie Ihre IT-Abteilung, bevor Sie fortfahren.

/** A company that the sandbox's person works for. */
export interface Company {
  readonly id: number;
  readonly name: string;
  readonly type: 'company' | 'accountant';
}

/** The one company unless the sandbox's options say otherwise. */
export const sandboxCompany: Company = { id: 108061, name: 'Studio Esempio', type: 'company' };

const user = {
  id: 12345,
  name: 'Mario Rossi',
  first_name: 'Mario',
  last_name: 'Rossi',
  email: 'mario.rossi@example.com',
  hash: '0a1b2c3d4e5f00112233445566778899',
  picture: 'picture.jpg',
};

/** The name that the consent pages greet. */
export const sandboxPerson = { name: user.name, email: user.email };

/** `GET /user/info`, whose `info` stands beside `data`. */
export function userInfo(): object {
  return {
    data: user,
    info: {
      need_marketing_consents_confirmation: false,
      need_password_change: false,
      need_terms_of_service_confirmation: false,
    },
    email_confirmation_state: { need_confirmation: false },
  };
}

/** `GET /user/companies`; carries a credential for each company, as the real answer does. */
export function userCompanies(companies: readonly Company[], credential: (id: number) => string) {
  return {
    data: {
      companies: companies.map((company) => ({
        id: company.id,
        name: company.name,
        tax_code: 'RSSMRA80A01F205X',
        vat_number: '01234567890',
        type: company.type,
        access_token: credential(company.id),
        connection_id: company.id + 900_000,
        controlled_companies: [],
        fic: true,
        dic: false,
        fic_plan: 'standard',
        fic_license_expire: '2030-12-31',
        permissions: {
          fic_situation: 'write',
          fic_clients: 'write',
          fic_suppliers: 'write',
          fic_products: 'write',
          fic_issued_documents: 'write',
          fic_received_documents: 'write',
          fic_receipts: 'write',
          fic_taxes: 'write',
          fic_archive: 'write',
          fic_cashbook: 'write',
          fic_settings: 'write',
        },
      })),
    },
  };
}

/** `GET /c/{id}/company/info`. */
export function companyInfo(company: Company, isLicenceExpired: boolean): object {
  return {
    data: {
      id: company.id,
      name: company.name,
      email: user.email,
      type: company.type,
      fic: true,
      fic_plan_name: 'standard',
      fic_signup_date: '2020-01-01',
      fic_license_expire: isLicenceExpired ? '2020-12-31' : '2030-12-31',
      fic_license_type: 'standard',
      use_fic: true,
      fic_need_setup: false,
      dic: false,
      access_info: { role: 'master', through_accountant: false, permissions: {} },
      plan_info: {
        limits: { clients: 3_000, suppliers: 3_000, products: 3_000, documents: 3_000 },
        functions: { archive: true, cashbook: true, e_invoice: true, stock: true },
        functions_status: {},
      },
      is_accountant: company.type === 'accountant',
      accountant_id: null,
    },
  };
}
